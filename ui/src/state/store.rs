//! The latest answer to every request. Nothing here names a request for what its type says already: a new one has
//! its slots by being asked.

use super::slots::{AnySlots, Slots};
use super::{Got, SlotMap};
use sluice_api::{ApiError, Ask, Kind, LakeView, Reply, Request, ResultId, Visit, ask};
use std::collections::BTreeMap;

/// Latest answers, filled by [`Store::apply`]. Screens read them with [`Store::got`], or the getters of `views.rs`.
#[derive(Default)]
pub struct Store {
    /// By name of the request.
    slots: BTreeMap<&'static str, Box<dyn AnySlots>>,
}

impl Store {
    /// What is known of the answer to requests of type `R` with that key.
    #[must_use]
    pub fn got<R: Ask>(&self, key: &R::Key) -> Got<'_, R::Reply> {
        self.answers::<R>().map_or(Got { value: None, error: None, pending: false }, |answers| answers.get(key))
    }

    /// Every answer that is known to requests of type `R`.
    pub fn all<R: Ask>(&self) -> impl Iterator<Item = (&R::Key, &R::Reply)> {
        self.answers::<R>().into_iter().flat_map(SlotMap::values)
    }

    fn answers<R: Ask>(&self) -> Option<&SlotMap<R::Key, R::Reply>> {
        let slots: &Slots<R> = self.slots.get(R::NAME)?.as_any().downcast_ref()?;
        Some(&slots.answers)
    }

    /// Does something with the answers of type `R`.
    fn change<R: Ask, T>(&mut self, change: impl FnOnce(&mut SlotMap<R::Key, R::Reply>) -> T) -> Option<T> {
        let slots = self.slots.entry(R::NAME).or_insert_with(|| Box::new(Slots::<R>::default()));
        let slots: &mut Slots<R> = slots.as_any_mut().downcast_mut()?;
        Some(change(&mut slots.answers))
    }

    /// Whether asking `request` would bring something new.
    #[must_use]
    pub fn wants(&self, request: &Request) -> bool {
        request.clone().visit(Wants(self))
    }

    /// Marks `request` as under way.
    pub fn begin(&mut self, request: &Request) {
        request.clone().visit(Begin(self));
    }

    /// Stores the answer to `request`. Returns the result that nothing names any more, if there is one.
    pub fn apply(&mut self, request: &Request, reply: Reply) -> Option<ResultId> {
        if let Reply::SaveContract(lake) | Reply::SaveModel(lake) = &reply {
            let lake = lake.clone();
            self.change::<ask::Lake, _>(|answers| answers.put(&(), lake));
        }
        request.clone().visit(Apply(self, reply))
    }

    /// A request that starts a job, or a job itself, is under way.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.running_jobs() > 0 || self.slots.values().any(|slots| slots.kind().is_job() && slots.is_pending())
    }

    /// Everything read from the lake may be out of date; it is asked again when a screen needs it.
    pub fn mark_stale(&mut self) {
        for slots in self.slots.values_mut().filter(|slots| slots.kind() == Kind::Read) {
            slots.mark_stale();
        }
    }

    /// Takes the answer to [`ask::OpenLake`]: nothing of the former lake stays.
    fn open(&mut self, answer: Result<LakeView, ApiError>) {
        if answer.is_ok() {
            self.slots.retain(|_, slots| !slots.kind().is_of_lake());
        }
        self.change::<ask::Lake, _>(|answers| answers.fill(&(), answer));
    }
}

struct Wants<'s>(&'s Store);

impl Visit for Wants<'_> {
    type Out = bool;

    fn visit<R: Ask>(self, request: R) -> bool {
        match R::KIND {
            Kind::Act => true,
            Kind::Open => self.0.answers::<ask::Lake>().is_none_or(|answers| answers.wants(&())),
            Kind::Read | Kind::ReadFixed | Kind::ReadJob | Kind::Write | Kind::WriteJob | Kind::Host => {
                self.0.answers::<R>().is_none_or(|answers| answers.wants(&request.key()))
            }
        }
    }
}

struct Begin<'s>(&'s mut Store);

impl Visit for Begin<'_> {
    type Out = ();

    fn visit<R: Ask>(self, request: R) {
        match R::KIND {
            Kind::Act => {}
            Kind::Open => {
                self.0.change::<ask::Lake, _>(|answers| answers.begin(&()));
            }
            Kind::Read | Kind::ReadFixed | Kind::ReadJob | Kind::Write | Kind::WriteJob | Kind::Host => {
                self.0.change::<R, _>(|answers| answers.begin(&request.key()));
            }
        }
    }
}

struct Apply<'s>(&'s mut Store, Reply);

impl Visit for Apply<'_> {
    type Out = Option<ResultId>;

    fn visit<R: Ask>(self, request: R) -> Option<ResultId> {
        let Self(store, reply) = self;
        match R::KIND {
            Kind::Act => None,
            Kind::Open => {
                store.open(ask::OpenLake::from_reply(reply));
                None
            }
            Kind::Read | Kind::ReadFixed | Kind::ReadJob | Kind::Write | Kind::WriteJob | Kind::Host => {
                let answer = R::from_reply(reply);
                let old = store.change::<R, _>(|answers| answers.fill(&request.key(), answer)).flatten();
                if R::KIND.writes() {
                    store.mark_stale();
                }
                old.as_ref().and_then(R::kept_result)
            }
        }
    }
}
