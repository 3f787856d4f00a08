//! A disk that writes down what is done to it, and can fail.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use super::super::database::Place;
use super::super::witness::{Progress, Witness};

/// One thing that was done to a disk.
#[derive(Clone, Debug)]
enum Act {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
    /// The witness beside it was told.
    Witness(Progress),
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    image: Vec<u8>,
    /// What the witness beside it was told.
    witness: Option<Progress>,
    /// What was there when the tape began to record.
    start: Vec<u8>,
    acts: Vec<Act>,
    /// Acts to go until every further one fails.
    room: Option<usize>,
}

impl Tape {
    pub(super) fn of(image: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            start: image.clone(),
            image,
            ..Inner::default()
        })))
    }

    pub(super) fn place(&self) -> Place {
        let (opened, measured) = (self.clone(), self.clone());
        Place::new(
            move |builder| builder.create_with_backend(opened.clone()),
            move || measured.0.lock().unwrap().image.len() as u64,
            self.clone(),
        )
    }

    /// Everything as the process sees it: what a kill leaves behind.
    pub(super) fn image(&self) -> Vec<u8> {
        self.0.lock().unwrap().image.clone()
    }

    /// How much was done so far.
    pub(super) fn acts(&self) -> usize {
        self.0.lock().unwrap().acts.len()
    }

    /// What a kill after so many acts left behind.
    pub(super) fn killed_after(&self, acts: usize) -> Self {
        let inner = self.0.lock().unwrap();
        let acts = &inner.acts[..acts];
        Self::with(play(&inner.start, acts, |_| true), heard(acts))
    }

    /// What a power cut after so many acts left behind: what was synced, and of the rest what `kept` says. The witness has
    /// heard as much as it can have.
    pub(super) fn cut_after(&self, acts: usize, mut kept: impl FnMut() -> bool) -> Self {
        let inner = self.0.lock().unwrap();
        let acts = &inner.acts[..acts];
        let synced = acts
            .iter()
            .rposition(|act| matches!(act, Act::Sync))
            .unwrap_or(0);
        let image = play(&inner.start, acts, |at| at <= synced || kept());
        Self::with(image, heard(acts))
    }

    fn with(image: Vec<u8>, witness: Option<Progress>) -> Self {
        let tape = Self::of(image);
        tape.0.lock().unwrap().witness = witness;
        tape
    }

    /// After so many more acts, every further one fails; `None` heals.
    pub(super) fn room(&self, acts: Option<usize>) {
        self.0.lock().unwrap().room = acts;
    }

    fn act(&self, act: Act) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        match &mut inner.room {
            Some(0) => return Err(io::Error::from_raw_os_error(28)),
            Some(room) => *room -= 1,
            None => {}
        }
        apply(&mut inner.image, &act);
        inner.acts.push(act);
        Ok(())
    }
}

fn play(start: &[u8], acts: &[Act], mut kept: impl FnMut(usize) -> bool) -> Vec<u8> {
    let mut image = start.to_vec();
    for (at, act) in acts.iter().enumerate() {
        // The length is kept: a file system's journal has it before the pages.
        if matches!(act, Act::SetLen(_)) || kept(at) {
            apply(&mut image, act);
        }
    }
    image
}

fn apply(image: &mut Vec<u8>, act: &Act) {
    match act {
        Act::Write(offset, data) => {
            let offset = usize::try_from(*offset).unwrap();
            if image.len() < offset + data.len() {
                image.resize(offset + data.len(), 0);
            }
            image[offset..offset + data.len()].copy_from_slice(data);
        }
        Act::SetLen(len) => image.resize(usize::try_from(*len).unwrap(), 0),
        Act::Sync | Act::Witness(_) => {}
    }
}

fn heard(acts: &[Act]) -> Option<Progress> {
    acts.iter().rev().find_map(|act| match act {
        Act::Witness(progress) => Some(*progress),
        _ => None,
    })
}

impl Witness for Tape {
    fn heard(&self) -> Option<Progress> {
        self.0.lock().unwrap().witness
    }

    fn hear(&self, progress: Progress) {
        let mut inner = self.0.lock().unwrap();
        inner.witness = Some(progress);
        inner.acts.push(Act::Witness(progress));
    }
}

impl StorageBackend for Tape {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().image.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let inner = self.0.lock().unwrap();
        let range = usize::try_from(offset)
            .ok()
            .and_then(|start| Some(start..start.checked_add(out.len())?));
        let found = range.and_then(|range| inner.image.get(range));
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.act(Act::SetLen(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.act(Act::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.act(Act::Write(offset, data.to_vec()))
    }
}
