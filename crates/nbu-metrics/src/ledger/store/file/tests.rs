//! What a store in a file owes whoever commits to it, whatever happens to the file.

mod aside;
mod damage;
mod history;
mod kept;
mod tape;
