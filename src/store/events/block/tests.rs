//! Tests of the columns: nothing of an event is lost in them, and damage is an error.

use proptest::prelude::*;

use super::*;

fn text() -> impl Strategy<Value = SafeText> {
    prop_oneof![Just(String::new()), "[a-c]{1,3}", any::<String>(),].prop_map(SafeText::from)
}

fn party() -> impl Strategy<Value = Party> {
    let names = (
        text(),
        text(),
        prop::option::of(text()),
        prop::option::of(text()),
    );
    names.prop_map(|(id, kind, alternate_id, display_name)| Party {
        id,
        kind,
        alternate_id,
        display_name,
    })
}

/// Any event that the types allow.
pub(in crate::store::events) fn event() -> impl Strategy<Value = LogEvent> {
    let optional = || prop::option::of(text());
    let what = (
        any::<[u8; 16]>(),
        -62_000_000_000_000_000_000i128..253_000_000_000_000_000_000,
        text(),
        prop::option::of(text()),
        optional(),
        prop::option::of(party()),
        prop::collection::vec(party(), 0..4),
        optional(),
    );
    let place = (
        optional(),
        optional(),
        optional(),
        optional(),
        optional(),
        optional(),
    );
    let origin = (optional(), optional(), optional(), optional(), optional());
    let origin = origin.prop_map(|(device, device_name, as_number, as_org, isp)| Origin {
        device,
        device_name,
        as_number,
        as_org,
        isp,
    });
    let all = (what, place, optional(), optional(), origin);
    all.prop_map(|(what, place, session, transaction, origin)| LogEvent {
        uuid: EventUuid(what.0),
        published: Timestamp::from_nanosecond(what.1).unwrap(),
        event_type: what.2,
        severity: what.3.map(|word| Severity::from_word(&word)),
        display_message: what.4,
        actor: what.5,
        targets: what.6,
        result: what.7.map(|word| OutcomeResult::from_word(&word)),
        reason: place.0,
        ip: place.1,
        country: place.2,
        city: place.3,
        user_agent: place.4,
        session,
        root_session: place.5,
        transaction,
        origin,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing of an event is lost in the columns, and the JSON comes back byte for byte.
    #[test]
    fn a_block_gives_back_what_went_in(events in prop::collection::vec((event(), any::<String>()), 1..40)) {
        let kept: Vec<Kept> = events
            .into_iter()
            .zip(0..)
            .map(|((event, raw), arrived_ms)| Kept {
                event,
                raw: RawJson::new(raw),
                arrived_ms,
            })
            .collect();
        let hot = HotBlock::decode(&HotBlock::of(&kept).unwrap().encode().unwrap()).unwrap();
        let cold = decode_cold(&encode_cold(&kept).unwrap()).unwrap();
        prop_assert_eq!(hot.len(), kept.len());
        for (index, kept) in kept.iter().enumerate() {
            prop_assert_eq!(&hot.event(index), &kept.event);
            prop_assert_eq!(&cold[index], &kept.raw);
            prop_assert_eq!(hot.arrived_ms(index), kept.arrived_ms);
            prop_assert!(is_print_of(hot.prints()[index], kept.raw.as_unsafe_str()));
            hot.view(index, |view| {
                assert_eq!(view.event_type, &*kept.event.event_type);
                assert_eq!(view.targets.len(), kept.event.targets.len());
                assert_eq!(view.actor.is_some(), kept.event.actor.is_some());
            });
        }
        let places: Vec<i64> = (0..hot.len()).map(|p| hot.published_ms(hot.at_place(p))).collect();
        prop_assert!(places.is_sorted());
    }

    #[test]
    fn a_damaged_block_is_an_error(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let kept = [Kept {
            event: LogEvent {
                uuid: EventUuid([7; 16]),
                published: Timestamp::UNIX_EPOCH,
                event_type: "user.session.start".into(),
                severity: Some(Severity::Info),
                display_message: None,
                actor: None,
                targets: Vec::new(),
                result: None,
                reason: None,
                ip: None,
                country: None,
                city: None,
                user_agent: None,
                session: None,
                root_session: None,
                transaction: None,
                origin: Origin::default(),
            },
            raw: RawJson::new("{\"a\":1}"),
            arrived_ms: 1,
        }];
        for bytes in [HotBlock::of(&kept).unwrap().encode().unwrap(), encode_cold(&kept).unwrap()] {
            let mut damaged = bytes.clone();
            let at = at.index(damaged.len());
            damaged[at] ^= value;
            // Whatever comes out, it comes out without a panic, also when every event of it is looked at.
            if let Ok(hot) = HotBlock::decode(&damaged) {
                for index in 0..hot.len() {
                    hot.event(index);
                    hot.view(index, |_| ());
                }
            }
            let _ = decode_cold(&damaged);
            prop_assert!(HotBlock::decode(&bytes[..at]).is_err());
        }
    }
}
