//! The queue against the simulated org: real requests over real sockets, a control store, a mirrored log, and a clock that the test moves.

mod all;
mod cuts;
mod doubt;
mod faults;
mod gates;
mod journal;
mod kills;
mod model;
mod rig;
