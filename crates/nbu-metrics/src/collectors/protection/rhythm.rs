//! How often a policy's schedules ask for a backup.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use nbu_api::{DateRules, Schedule};

use crate::ledger::encoding::{Reader, Writer};

/// Days of a calendar that are looked at for gaps.
const AHEAD: i32 = 35;
/// Days in which the backup after the last of those is looked for.
const FURTHEST: i32 = 400;
const DAY: u64 = 86_400;
/// Started by people and applications, not by the clock.
const ON_DEMAND: [&str; 2] = ["USER_BACKUP", "USER_ARCHIVE"];

/// One schedule that runs by itself.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Rhythm {
    /// In the words of the job list.
    kind: String,
    beat: Beat,
}

#[derive(Clone, PartialEq, Debug)]
enum Beat {
    /// Seconds from one backup to the next.
    Every(u64),
    On {
        include: Days,
        exclude: Days,
    },
}

/// Days of a calendar.
#[derive(Clone, PartialEq, Debug, Default)]
struct Days {
    last_of_month: bool,
    of_month: Vec<i8>,
    /// Week of the month, 5 being the last, and day from 1, Sunday.
    of_week: Vec<(i8, i8)>,
    dates: Vec<Date>,
}

impl Rhythm {
    /// What a schedule asks for; `None` if nobody can tell, or nothing.
    pub(super) fn of(schedule: &Schedule<'_>) -> Option<Self> {
        let kind = schedule.backup_type.clone()?.into_word().into_owned();
        let windows = &schedule.windows;
        let never_opens = !windows.is_empty()
            && windows
                .iter()
                .all(|window| window.duration_seconds == Some(0));
        if never_opens || ON_DEMAND.contains(&&*kind) {
            return None;
        }
        let by_calendar = schedule
            .schedule_type
            .as_deref()
            .is_some_and(|word| word.eq_ignore_ascii_case("calendar"));
        let beat = if by_calendar {
            Beat::On {
                include: Days::of(schedule.include.as_ref()?),
                exclude: schedule.exclude.as_ref().map(Days::of).unwrap_or_default(),
            }
        } else {
            Beat::Every(schedule.frequency_seconds.filter(|seconds| *seconds > 0)?)
        };
        Some(Self { kind, beat })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.text(&self.kind);
        match &self.beat {
            Beat::Every(seconds) => {
                writer.number(0);
                writer.number(*seconds);
            }
            Beat::On { include, exclude } => {
                writer.number(1);
                include.write(writer);
                exclude.write(writer);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let kind = reader.text()?.to_owned();
        let beat = match reader.number()? {
            0 => Beat::Every(reader.number()?),
            1 => Beat::On {
                include: Days::read(reader)?,
                exclude: Days::read(reader)?,
            },
            _ => return None,
        };
        Some(Self { kind, beat })
    }

    /// The longest time between two backups, in seconds, as seen from this day.
    fn interval(&self, today: Date) -> Option<u64> {
        match &self.beat {
            Beat::Every(seconds) => Some(*seconds),
            Beat::On { include, exclude } => {
                longest_gap(today, |day| include.contains(day) && !exclude.contains(day))
            }
        }
    }
}

/// The least of the intervals of each schedule type, in seconds.
pub(super) fn expected(rhythms: &[Rhythm], today: Date) -> BTreeMap<&str, u64> {
    let mut expected = BTreeMap::new();
    for rhythm in rhythms {
        if let Some(interval) = rhythm.interval(today) {
            let least = expected.entry(&*rhythm.kind).or_insert(interval);
            *least = interval.min(*least);
        }
    }
    expected
}

fn longest_gap(today: Date, runs: impl Fn(Date) -> bool) -> Option<u64> {
    let mut last: Option<i32> = None;
    let mut longest: Option<i32> = None;
    for ahead in 0..FURTHEST {
        let day = today.checked_add(ahead.days()).ok()?;
        if !runs(day) {
            continue;
        }
        longest = longest.max(last.map(|last| ahead - last));
        if ahead >= AHEAD {
            break;
        }
        last = Some(ahead);
    }
    longest
        .and_then(|days| u64::try_from(days).ok())
        .map(|days| days * DAY)
}

impl Days {
    fn of(rules: &DateRules<'_>) -> Self {
        let pair = |text: &str| {
            let (week, day) = text.split_once(':')?;
            Some((week.trim().parse().ok()?, day.trim().parse().ok()?))
        };
        Self {
            last_of_month: rules.last_day_of_month == Some(true),
            of_month: rules
                .days_of_month
                .iter()
                .filter_map(|day| i8::try_from(*day).ok())
                .collect(),
            of_week: rules
                .days_of_week
                .iter()
                .filter_map(|text| pair(text))
                .collect(),
            dates: rules
                .dates
                .iter()
                .filter_map(|text| text.trim().parse().ok())
                .collect(),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.number(u64::from(self.last_of_month));
        writer.count(self.of_month.len());
        for day in &self.of_month {
            writer.signed(i64::from(*day));
        }
        writer.count(self.of_week.len());
        for (week, day) in &self.of_week {
            writer.signed(i64::from(*week));
            writer.signed(i64::from(*day));
        }
        writer.count(self.dates.len());
        for date in &self.dates {
            writer.signed(i64::from(date.year()));
            writer.signed(i64::from(date.month()));
            writer.signed(i64::from(date.day()));
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let small = |reader: &mut Reader<'_>| i8::try_from(reader.signed()?).ok();
        let last_of_month = reader.number()? != 0;
        let of_month = (0..reader.count()?).map(|_| small(reader));
        let of_month = of_month.collect::<Option<_>>()?;
        let of_week = (0..reader.count()?).map(|_| Some((small(reader)?, small(reader)?)));
        let of_week = of_week.collect::<Option<_>>()?;
        let dates = (0..reader.count()?).map(|_| {
            let year = i16::try_from(reader.signed()?).ok()?;
            Date::new(year, small(reader)?, small(reader)?).ok()
        });
        Some(Self {
            last_of_month,
            of_month,
            of_week,
            dates: dates.collect::<Option<_>>()?,
        })
    }

    fn contains(&self, date: Date) -> bool {
        let (day, days) = (date.day(), date.days_in_month());
        let (week, is_last) = ((day - 1) / 7 + 1, day + 7 > days);
        let weekday = date.weekday().to_sunday_one_offset();
        (self.last_of_month && day == days)
            || self.of_month.contains(&day)
            || self
                .of_week
                .iter()
                .any(|(n, of)| *of == weekday && (*n == week || (*n == 5 && is_last)))
            || self.dates.contains(&date)
    }
}

#[cfg(test)]
mod tests {
    use nbu_api::StartWindow;

    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 3, 2);

    fn calendar(include: DateRules<'static>, exclude: Option<DateRules<'static>>) -> Option<u64> {
        let schedule = Schedule {
            backup_type: Some("Full Backup".into()),
            schedule_type: Some("Calendar".into()),
            include: Some(include),
            exclude,
            ..Schedule::default()
        };
        let rhythm = Rhythm::of(&schedule)?;
        expected(&[rhythm], TODAY)
            .get("FULL_BACKUP")
            .map(|seconds| seconds / DAY)
    }

    fn weekdays(days: &'static [&'static str]) -> DateRules<'static> {
        DateRules {
            days_of_week: days.iter().map(|day| (*day).into()).collect(),
            ..DateRules::default()
        }
    }

    #[test]
    fn calendars_have_their_longest_gap() {
        let sundays = ["1:1", "2:1", "3:1", "4:1", "5:1"];
        assert_eq!(
            calendar(weekdays(&["1:1", "2:1", "3:1", "4:1", "5:1"]), None),
            Some(7)
        );
        // March 2026 has five Sundays.
        assert_eq!(
            calendar(weekdays(&["1:1", "2:1", "3:1", "4:1"]), None),
            Some(14)
        );
        let without = DateRules {
            dates: vec!["2026-03-15".into(), "not a date".into()],
            ..DateRules::default()
        };
        assert_eq!(
            calendar(
                weekdays(&["1:1", "2:1", "3:1", "4:1", "5:1"]),
                Some(without)
            ),
            Some(14)
        );
        assert_eq!(sundays.len(), 5);
        let monthly = DateRules {
            days_of_month: vec![15, 400],
            ..DateRules::default()
        };
        assert_eq!(calendar(monthly, None), Some(31));
        let last = DateRules {
            last_day_of_month: Some(true),
            ..DateRules::default()
        };
        assert_eq!(calendar(last, None), Some(30));
        let once = DateRules {
            dates: vec!["2026-03-20".into()],
            ..DateRules::default()
        };
        assert_eq!(calendar(once, None), None, "no second one is known");
        assert_eq!(calendar(weekdays(&["x", "1", "9:9", ":"]), None), None);
    }

    #[test]
    fn the_least_frequency_counts_for_each_type() {
        let schedule = |kind: &'static str, seconds| Schedule {
            backup_type: Some(kind.into()),
            frequency_seconds: Some(seconds),
            ..Schedule::default()
        };
        let rhythms: Vec<Rhythm> = [
            schedule("Full Backup", 604_800),
            schedule("Full Backup", 86_400),
            schedule("Differential Incremental Backup", 3_600),
            schedule("User Backup", 60),
            schedule("Cumulative Incremental Backup", 0),
            Schedule {
                windows: vec![StartWindow {
                    duration_seconds: Some(0),
                    ..StartWindow::default()
                }],
                ..schedule("Automatic Full Backup", 60)
            },
        ]
        .iter()
        .filter_map(Rhythm::of)
        .collect();
        let expected: Vec<_> = expected(&rhythms, TODAY).into_iter().collect();
        assert_eq!(
            expected,
            [
                ("DIFFERENTIAL_INCREMENTAL_BACKUP", 3_600),
                ("FULL_BACKUP", 86_400)
            ]
        );
    }

    #[test]
    fn rhythms_come_back_from_their_notes() {
        let days = Days {
            last_of_month: true,
            of_month: vec![1, 31, -4],
            of_week: vec![(5, 1), (-1, i8::MIN)],
            dates: vec![TODAY, Date::MIN, Date::MAX],
        };
        let beats = [
            Beat::Every(604_800),
            Beat::Every(u64::MAX),
            Beat::On {
                include: days,
                exclude: Days::default(),
            },
        ];
        for beat in beats {
            let rhythm = Rhythm {
                kind: "FULL_BACKUP".to_owned(),
                beat,
            };
            let mut writer = Writer::new(1);
            rhythm.write(&mut writer);
            let bytes = writer.bare();
            let read = |bytes: &[u8]| {
                let mut reader = Reader::bare(1, bytes)?;
                Rhythm::read(&mut reader).filter(|_| reader.is_at_end())
            };
            assert_eq!(read(&bytes), Some(rhythm));
            for len in 0..bytes.len() {
                assert_eq!(read(&bytes[..len]), None, "{len} bytes of it");
            }
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let schedule = Schedule {
            backup_type: Some("Full Backup".into()),
            schedule_type: Some("Calendar".into()),
            include: Some(weekdays(&["1:1"])),
            ..Schedule::default()
        };
        let rhythm = Rhythm::of(&schedule).unwrap();
        assert_eq!(rhythm.interval(Date::MAX), None);
    }
}
