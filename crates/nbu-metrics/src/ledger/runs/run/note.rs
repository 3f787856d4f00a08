//! A run as a note: what its jobs have in common once, ids and times as differences.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Leaf, Member, Root, Run};
use crate::ledger::ResultRules;
use crate::ledger::encoding::{Reader, Writer};
use crate::ledger::runs::{Outcome, Subject};

/// The form of the note.
const FORM: u8 = 2;

/// What a job has.
const LEAF: u64 = 1;
const SNAPSHOT: u64 = 1 << 1;
const START: u64 = 1 << 2;
const STATUS: u64 = 1 << 3;
const CHILDREN: u64 = 1 << 4;
const PARENT: u64 = 1 << 5;

impl Run {
    pub(in crate::ledger::runs) fn encode(&self, key: &str) -> Arc<[u8]> {
        let mut writer = Writer::new(FORM);
        writer.signed(self.newest);
        writer.number(u64::from(self.root.is_some()) | u64::from(self.changed) << 1);
        if let Some(root) = self.root {
            writer.maybe(root.latest.map(|latest| self.newest.wrapping_sub(latest)));
            writer.maybe(root.outcome.status());
            writer.maybe(root.children.map(u64::cast_signed));
        }
        writer.count(self.subjects.len());
        for subject in &self.subjects {
            writer.text(&subject.client);
            writer.text(&subject.policy);
            writer.text(&subject.schedule);
        }
        writer.count(self.members.len());
        let mut before = 0;
        for (id, member) in &self.members {
            writer.number(id.wrapping_sub(before));
            before = *id;
            member.write(*id, self.newest, &mut writer);
        }
        writer.seal(key)
    }

    pub(in crate::ledger::runs) fn decode(
        key: &str,
        bytes: &[u8],
        rules: &ResultRules,
    ) -> Option<Self> {
        let mut reader = Reader::open(FORM, key, bytes)?;
        let newest = reader.signed()?;
        let has = reader.number()?;
        let root = match has & 1 {
            0 => None,
            _ => Some(Root {
                latest: reader.maybe()?.map(|before| newest.wrapping_sub(before)),
                outcome: Outcome::of(reader.maybe()?, rules),
                children: reader.maybe()?.map(i64::cast_unsigned),
            }),
        };
        let mut subjects = Vec::new();
        for _ in 0..reader.count()? {
            subjects.push(Subject {
                client: reader.text()?.into(),
                policy: reader.text()?.into(),
                schedule: reader.text()?.into(),
            });
        }
        let mut members = BTreeMap::new();
        let mut id = 0_u64;
        for _ in 0..reader.count()? {
            id = id.wrapping_add(reader.number()?);
            let member = Member::read(id, newest, &mut reader, rules)?;
            let is_known = |leaf: &Leaf| leaf.subject < subjects.len();
            if !member.leaf.as_ref().is_none_or(is_known) {
                return None;
            }
            members.insert(id, member);
        }
        reader.is_at_end().then_some(Self {
            root,
            subjects,
            members,
            newest,
            changed: has & 2 != 0,
        })
    }
}

impl Member {
    fn write(&self, id: u64, newest: i64, writer: &mut Writer) {
        let leaf = self.leaf.as_ref();
        let mut has = 0;
        for (bit, is_there) in [
            (LEAF, leaf.is_some()),
            (SNAPSHOT, leaf.is_some_and(|leaf| leaf.snapshot)),
            (START, leaf.is_some_and(|leaf| leaf.start.is_some())),
            (STATUS, self.outcome.status().is_some()),
            (CHILDREN, self.children.is_some()),
            (PARENT, self.parent != 0),
        ] {
            if is_there {
                has |= bit;
            }
        }
        writer.number(has);
        if self.parent != 0 {
            writer.signed(id.wrapping_sub(self.parent).cast_signed());
        }
        if let Some(children) = self.children {
            writer.number(children);
        }
        if let Some(status) = self.outcome.status() {
            writer.signed(status);
        }
        if let Some(leaf) = leaf {
            writer.number(leaf.subject as u64);
            writer.signed(newest.wrapping_sub(leaf.end));
            if let Some(start) = leaf.start {
                writer.signed(leaf.end.wrapping_sub(start));
            }
        }
    }

    fn read(id: u64, newest: i64, reader: &mut Reader<'_>, rules: &ResultRules) -> Option<Self> {
        let has = reader.number()?;
        let mut parent = 0;
        if has & PARENT != 0 {
            parent = id.wrapping_sub(reader.signed()?.cast_unsigned());
        }
        let mut children = None;
        if has & CHILDREN != 0 {
            children = Some(reader.number()?);
        }
        let mut status = None;
        if has & STATUS != 0 {
            status = Some(reader.signed()?);
        }
        let mut leaf = None;
        if has & LEAF != 0 {
            let subject = usize::try_from(reader.number()?).ok()?;
            let end = newest.wrapping_sub(reader.signed()?);
            let mut start = None;
            if has & START != 0 {
                start = Some(end.wrapping_sub(reader.signed()?));
            }
            leaf = Some(Leaf {
                subject,
                snapshot: has & SNAPSHOT != 0,
                start,
                end,
            });
        }
        Some(Self {
            parent,
            children,
            outcome: Outcome::of(status, rules),
            leaf,
        })
    }
}
