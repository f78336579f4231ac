//! Indexes of objects. An object keeps its index for ever; a deleted one leaves a tombstone behind, so that the log can
//! still say its name.

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in the world's tables.
            pub fn at(self) -> usize {
                self.0 as usize
            }

            /// The index for a place in the world's tables.
            ///
            /// A table never holds more than `u32::MAX` objects.
            pub fn from_usize(at: usize) -> Self {
                Self(u32::try_from(at).expect("tables hold at most u32::MAX objects"))
            }
        }
    };
}

index!(
    /// A user's place in the world.
    UserIx
);
index!(
    /// A group's place in the world.
    GroupIx
);
index!(
    /// An application's place in the world.
    AppIx
);
index!(
    /// A custom admin role's place in the world.
    CustomRoleIx
);
index!(
    /// A resource set's place in the world.
    ResourceSetIx
);
index!(
    /// A group rule's place in the world.
    RuleIx
);
index!(
    /// An OAuth client's place in the world.
    ClientIx
);
index!(
    /// A document's place in the world.
    DocumentIx
);
index!(
    /// A device's place among all that there could be: twice its owner's place, and one more for the second.
    DeviceIx
);
index!(
    /// The place of a client's call among those that changed something.
    CallIx
);
