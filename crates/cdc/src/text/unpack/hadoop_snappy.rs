//! Snappy as Hadoop writes it: the length of a content, then its pieces, each with the length of its compressed bytes in
//! front; lengths are big-endian, and nothing has a checksum.

use super::packing::HADOOP_BLOCK_MAX;
use std::io::{Error, ErrorKind, Read};

/// Reads the content of blocks, one after the other.
pub(super) struct HadoopSnappy<R> {
    source: R,
    block: Vec<u8>,
    taken: usize,
    /// Bytes of the block that are not there yet.
    missing: usize,
}

impl<R: Read> HadoopSnappy<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, block: Vec::new(), taken: 0, missing: 0 }
    }

    pub(super) fn get_ref(&self) -> &R {
        &self.source
    }

    /// The next length; `None` at the end of the file.
    fn length(&mut self) -> Result<Option<usize>, Error> {
        let mut bytes = [0; 4];
        match self.source.read(&mut bytes)? {
            0 => return Ok(None),
            4 => {}
            read => self.source.read_exact(bytes.get_mut(read..).unwrap_or_default())?,
        }
        let length = usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX);
        if length > snap::raw::max_compress_len(HADOOP_BLOCK_MAX) {
            return Err(Error::new(ErrorKind::InvalidData, "a block is too long"));
        }
        Ok(Some(length))
    }

    /// Reads the next piece; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, Error> {
        while self.missing == 0 {
            match self.length()? {
                Some(length) => self.missing = length,
                None => return Ok(false),
            }
        }
        let packed = self.length()?.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?;
        let mut piece = Vec::new();
        let read = self.source.by_ref().take(packed as u64).read_to_end(&mut piece)?;
        if read < packed {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let content = snap::raw::decompress_len(&piece).map_err(Error::other)?;
        if content == 0 || content > self.missing {
            return Err(Error::new(ErrorKind::InvalidData, "a piece is longer than its block"));
        }
        self.block = snap::raw::Decoder::new().decompress_vec(&piece).map_err(Error::other)?;
        self.missing -= content;
        self.taken = 0;
        Ok(true)
    }
}

impl<R: Read> Read for HadoopSnappy<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.taken == self.block.len() && !self.fill()? {
            return Ok(0);
        }
        let rest = self.block.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken += count;
        Ok(count)
    }
}
