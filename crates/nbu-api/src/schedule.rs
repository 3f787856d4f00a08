//! Schedules of a policy.

use std::borrow::Cow;

use crate::lenient::object;
use crate::schedule_type::ScheduleType;

object! {
    /// When a policy makes which kind of backup.
    pub struct Schedule<'a> {
        /// `scheduleName`.
        name: Option<Cow<'a, str>> = "scheduleName",
        /// `scheduleType`: `Frequency` or `Calendar`.
        schedule_type: Option<Cow<'a, str>> = "scheduleType",
        /// `backupType`.
        backup_type: Option<ScheduleType<'a>> = "backupType",
        /// `frequencySeconds`, of schedules by frequency.
        frequency_seconds: Option<u64> = "frequencySeconds" in Seconds,
        /// `includeDates`, of schedules by calendar.
        include: Option<DateRules<'a>> = "includeDates",
        /// `excludeDates`, of schedules by calendar.
        exclude: Option<DateRules<'a>> = "excludeDates",
        /// `startWindow`: when backups may begin, by day of the week.
        windows: Vec<StartWindow> = "startWindow",
        /// `snapshotOnly`: nothing is copied to a storage unit.
        snapshot_only: Option<bool> = "snapshotOnly",
    }
}

object! {
    /// Days of a calendar.
    pub struct DateRules<'a> {
        /// `lastDayOfMonth`.
        last_day_of_month: Option<bool> = "lastDayOfMonth",
        /// `recurringDaysOfMonth`, from 1.
        days_of_month: Vec<u64> = "recurringDaysOfMonth" in Setting,
        /// `recurringDaysOfWeek`: `WEEK:DAY`, the week of the month (5: the last) and the day from 1, Sunday, to 7.
        days_of_week: Vec<Cow<'a, str>> = "recurringDaysOfWeek",
        /// `specificDates`: `YYYY-MM-DD`.
        dates: Vec<Cow<'a, str>> = "specificDates",
    }
}

object! {
    /// When backups may begin on one day of the week.
    pub struct StartWindow {
        /// `dayOfWeek`, from 1, Sunday, to 7.
        day: Option<u64> = "dayOfWeek" in Setting,
        /// `startSeconds` since the beginning of the day.
        start_seconds: Option<u64> = "startSeconds" in Seconds,
        /// `durationSeconds`; 0 where it does not open.
        duration_seconds: Option<u64> = "durationSeconds" in Seconds,
    }
}
