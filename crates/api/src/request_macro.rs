//! Makes everything that is known of a request from one line about it.

use crate::{ApiError, ErrorCode};

/// The table of requests. A line reads
///
/// ```text
/// /// What it does.
/// Name { fields that tell its answers apart; other fields } -> Reply, Kind, kept_result;
/// ```
///
/// and becomes a struct in [`crate::ask`] with its [`crate::Ask`], a variant of [`crate::Request`], one of
/// [`crate::Reply`], and an arm of every match over requests. `kept_result`, for replies that name a result
/// which stays with the host, is a function from the reply to it.
macro_rules! requests {
    ($(
        $(#[$doc:meta])*
        $name:ident $({
            $($(#[$key_doc:meta])* $key:ident: $key_type:ty),*
            $(; $($(#[$other_doc:meta])* $other:ident: $other_type:ty),*)?
        })? -> $reply:ty, $kind:ident $(, $result:expr)?;
    )*) => {
        /// A type for every request; each knows the type of its answer ([`crate::Ask`]).
        pub mod ask {
            use super::*;
            $(
                $(#[$doc])*
                #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
                pub struct $name {
                    $(
                        $($(#[$key_doc])* pub $key: $key_type,)*
                        $($($(#[$other_doc])* pub $other: $other_type,)*)?
                    )?
                }
            )*
        }

        /// Any request, as it goes over the wire.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "request", rename_all = "snake_case")]
        pub enum Request {
            $(
                $(#[$doc])*
                $name $({
                    $($(#[$key_doc])* $key: $key_type,)*
                    $($($(#[$other_doc])* $other: $other_type,)*)?
                })?,
            )*
        }

        /// Any answer, as it goes over the wire: that of the request of the same name, or an error.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "reply", content = "value", rename_all = "snake_case")]
        pub enum Reply {
            $(
                #[doc = concat!("Answers [`Request::", stringify!($name), "`].")]
                $name($reply),
            )*
            /// It did not work.
            Error(ApiError),
        }

        $(
            impl Ask for ask::$name {
                type Reply = $reply;
                type Key = ($($($key_type,)*)?);
                const NAME: &'static str = stringify!($name);
                const KIND: Kind = Kind::$kind;

                fn key(&self) -> Self::Key {
                    key(($($(Clone::clone(&self.$key),)*)?))
                }

                fn kept_result(reply: &Self::Reply) -> Option<ResultId> {
                    let _ = reply;
                    None::<ResultId>$(.or_else(|| {
                        let kept: fn(&Self::Reply) -> Option<ResultId> = $result;
                        kept(reply)
                    }))?
                }

                fn from_reply(reply: Reply) -> Result<Self::Reply, ApiError> {
                    match reply {
                        Reply::$name(reply) => Ok(reply),
                        Reply::Error(error) => Err(error),
                        _ => Err(wrong_reply(Self::NAME)),
                    }
                }
            }

            impl From<ask::$name> for Request {
                fn from(request: ask::$name) -> Self {
                    let ask::$name { $($($key,)* $($($other,)*)?)? } = request;
                    Self::$name { $($($key,)* $($($other,)*)?)? }
                }
            }
        )*

        impl Request {
            /// What it does to the lake.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name { .. } => Kind::$kind,)*
                }
            }

            /// Hands it over as the type that it has in [`ask`].
            pub fn visit<V: Visit>(self, visitor: V) -> V::Out {
                match self {
                    $(Self::$name { $($($key,)* $($($other,)*)?)? } => {
                        visitor.visit(ask::$name { $($($key,)* $($($other,)*)?)? })
                    })*
                }
            }

            /// Has `host` answer it. A request that the host does not implement does not compile.
            pub async fn answered_by<H>(self, host: &H) -> Reply
            where
                $(H: Answer<ask::$name>,)*
            {
                match self {
                    $(Self::$name { $($($key,)* $($($other,)*)?)? } => {
                        let request = ask::$name { $($($key,)* $($($other,)*)?)? };
                        match boxed(host, request).await {
                            Ok(reply) => Reply::$name(reply),
                            Err(error) => Reply::Error(error.into()),
                        }
                    })*
                }
            }
        }

        /// A request with the type of its answer.
        pub trait Ask: Clone + Into<Request> + 'static {
            /// What the host answers.
            type Reply: Clone + 'static;
            /// Two requests with the same key have the same answer; the fields that are not part of it say how the work
            /// is watched or how much of it is wanted.
            type Key: Ord + Clone + 'static;
            /// Name, that of its variant in [`Request`].
            const NAME: &'static str;
            /// What it does to the lake.
            const KIND: Kind;

            /// What tells its answer from that of other requests of this type.
            fn key(&self) -> Self::Key;

            /// The result that stays with the host until [`Request::DropResult`], if the answer names one.
            fn kept_result(reply: &Self::Reply) -> Option<ResultId>;

            /// The answer from the wire.
            ///
            /// # Errors
            /// That of the host, or one that says that host and client are not of one build.
            fn from_reply(reply: Reply) -> Result<Self::Reply, ApiError>;
        }

        /// Does something with a request as the type that it is; see [`Request::visit`].
        pub trait Visit {
            /// What comes of it.
            type Out;

            /// Does it.
            fn visit<R: Ask>(self, request: R) -> Self::Out;
        }

        /// Something that answers requests.
        pub trait Responder {
            /// How it fails.
            type Error: Into<ApiError>;
        }

        /// Answers the requests of one type. Who answers all of them can be handed any [`Request`]
        /// ([`Request::answered_by`]).
        pub trait Answer<R: Ask>: Responder {
            /// The answer.
            fn answer(&self, request: R) -> impl Future<Output = Result<R::Reply, Self::Error>>;
        }
    };
}

pub(crate) use requests;

/// The key itself; where it has no field, a `()` that is handed over rather than left at an end.
pub(crate) fn key<K>(key: K) -> K {
    key
}

/// The answer of another request came.
pub(crate) fn wrong_reply(asked: &str) -> ApiError {
    ApiError::new(
        ErrorCode::Internal,
        format!("The host answered something else than {asked} asks for"),
        "Nothing was changed. Reload the window, and report this if it happens again",
    )
}
