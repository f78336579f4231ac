//! The surprises that Okta's API has for its clients, each with a contract test named after its number: what a client that was
//! written from the documents alone would get wrong.
//!
//! [`SURPRISES`] is the list. What of a surprise needs a request that writes is tested as far as the org's own operations go; the
//! rest comes with the queue, and the list says so.

mod access;
mod errors;
mod lists;
mod log;
mod shapes;

/// One surprise.
struct Surprise {
    number: u8,
    /// What it is.
    says: &'static str,
    /// The tests of it, in the modules below or among those of OAuth.
    tests: &'static [&'static str],
    /// The part that is tested with the queue, which sends the requests; empty when there is none.
    with_the_queue: &'static str,
}

const fn read(number: u8, says: &'static str, tests: &'static [&'static str]) -> Surprise {
    write(number, says, tests, "")
}

const fn write(
    number: u8,
    says: &'static str,
    tests: &'static [&'static str],
    with_the_queue: &'static str,
) -> Surprise {
    Surprise {
        number,
        says,
        tests,
        with_the_queue,
    }
}

/// All of them.
const SURPRISES: [Surprise; 25] = [
    read(
        1,
        "polling the log always has a next link, also on an empty page; a bounded query ends",
        &["s01_logs_polling_always_has_a_next_link_and_a_bounded_query_ends"],
    ),
    read(
        2,
        "listing users hides the deactivated; search and filter show them",
        &["s02_listing_users_hides_the_deactivated_and_search_and_filter_show_them"],
    ),
    read(
        3,
        "429 with headers, per bucket, half of it per token, reset in epoch seconds, and a Date",
        &["s03_each_bucket_gives_a_token_half_and_says_when_it_opens_again"],
    ),
    read(
        4,
        "page defaults and maxima differ by endpoint, and more than the maximum is the maximum",
        &["s04_page_sizes_differ_by_endpoint_and_are_clamped"],
    ),
    read(
        5,
        "the search index lags: what was just changed is stale in lists and fresh by id",
        &["s05_what_was_just_changed_is_stale_in_lists_and_fresh_by_id"],
    ),
    write(
        6,
        "204 has no Content-Type, and operations that return nothing return {}",
        &["s06_an_answer_without_a_body_has_no_content_type"],
        "the 204 and {} of each operation, and 411 for a bodyless write without Content-Length",
    ),
    write(
        7,
        "DELETE of a user deactivates first and deletes the second time",
        &["s07_a_deactivated_user_is_there_until_it_is_deleted"],
        "the DELETE itself, twice",
    ),
    write(
        8,
        "the wrong state is another error for each operation",
        &["s08_the_wrong_state_is_another_error_for_each_operation"],
        "the same errors as answers to requests; reactivate and the credential operations",
    ),
    write(
        9,
        "APP_GROUP and BUILT_IN groups are read-only",
        &["s09_groups_of_an_application_and_built_in_ones_are_read_only"],
        "the same errors as answers to requests",
    ),
    write(
        10,
        "adding a member twice and removing one twice are fine, and leave no second event",
        &["s10_adding_and_removing_twice_leaves_one_event_each"],
        "the 204 of both",
    ),
    write(
        11,
        "an application that a group gives cannot be taken from one user",
        &["s11_what_a_group_gives_cannot_be_taken_from_one_user"],
        "the same error as the answer to a request",
    ),
    read(
        12,
        "log events come late, out of order, and again in overlapping queries",
        &[
            "s12_a_late_event_is_missed_by_time_and_delivered_to_pollers",
            "s12_overlapping_queries_deliver_events_again",
        ],
    ),
    read(
        13,
        "lists below /iam page in the body",
        &["s13_lists_below_iam_page_in_the_body"],
    ),
    read(
        14,
        "DPoP has a nonce dance, and service apps have DPoP on",
        &["s14_dpop_is_a_dance_with_a_nonce_and_every_proof_serves_once"],
    ),
    read(
        15,
        "scope and role are both needed, and 403 says so in WWW-Authenticate",
        &["s15_scope_and_role_are_both_needed"],
    ),
    read(
        16,
        "null everywhere, client.zone is the word \"null\", and debug data are strings",
        &["s16_nulls_everywhere_a_zone_that_is_a_word_and_debug_data_of_strings"],
    ),
    write(
        17,
        "status changes and assignments take a while",
        &[
            "s17_a_user_with_much_is_in_transition_for_a_while",
            "s17_members_of_a_newly_assigned_group_get_the_application_later",
        ],
        "`Prefer: respond-async`",
    ),
    write(
        18,
        "Everyone holds all; rules put people into groups, and a manual change excludes them",
        &[
            "s18_everyone_holds_all_but_the_deactivated",
            "s18_whom_somebody_removes_from_a_rules_group_is_excluded_and_not_put_back",
        ],
        "the 202 of deleting a rule",
    ),
    read(
        19,
        "all below /apps shares one small bucket",
        &["s19_everything_below_apps_shares_one_small_bucket"],
    ),
    write(
        20,
        "an application must be inactive before it is deleted",
        &["s20_an_application_must_be_inactive_before_it_is_deleted"],
        "the same error as the answer to a request",
    ),
    read(
        21,
        "unknown values, and catalogue SAML applications without fields that the documents require",
        &[
            "s21_a_strange_org_has_values_that_no_document_names",
            "s21_saml_applications_of_the_catalogue_hold_override_keys_only",
        ],
    ),
    read(
        22,
        "items of lists have a self link only",
        &["s22_items_of_lists_of_users_have_a_self_link_only"],
    ),
    read(
        23,
        "too much at once is 429 with zeros",
        &["s23_too_much_at_once_is_429_with_zeros"],
    ),
    read(
        24,
        "q gives ten users or three hundred groups, and no further page",
        &["s24_q_gives_ten_users_or_three_hundred_groups_and_no_next_link"],
    ),
    write(
        25,
        "me is the token's owner, and a dead token is 401 E0000011",
        &[
            "s25_me_is_the_owner_of_the_token",
            "s25_a_dead_token_is_401",
        ],
        "PUT that nulls what is missing, POST that answers 200, reset_password without sendEmail",
    ),
];

#[test]
fn every_surprise_has_its_tests_and_says_what_is_left_to_the_queue() {
    let sources = [
        include_str!("surprises/access.rs"),
        include_str!("surprises/errors.rs"),
        include_str!("surprises/lists.rs"),
        include_str!("surprises/log.rs"),
        include_str!("surprises/shapes.rs"),
        // Those of OAuth need what it takes to sign.
        include_str!("sim_oauth.rs"),
    ]
    .concat();
    let mut listed = 0;
    for (at, surprise) in SURPRISES.iter().enumerate() {
        assert_eq!(usize::from(surprise.number), at + 1);
        assert!(!surprise.says.is_empty() && !surprise.tests.is_empty());
        for test in surprise.tests {
            assert!(
                test.starts_with(&format!("s{:02}_", surprise.number)),
                "{test}"
            );
            assert!(
                sources.contains(&format!("fn {test}(")),
                "there is no test {test}"
            );
            listed += 1;
        }
    }
    let is_numbered = |name: &str| {
        let digits = name.bytes().take(2).filter(u8::is_ascii_digit).count();
        digits == 2 && name[2..].starts_with('_')
    };
    let there = sources
        .split("async fn s")
        .skip(1)
        .filter(|name| is_numbered(name))
        .count();
    assert_eq!(there, listed, "a test that the list does not name");
    let needs_writes = [6, 7, 8, 9, 10, 11, 17, 18, 20, 25];
    for surprise in &SURPRISES {
        let left = !surprise.with_the_queue.is_empty();
        assert_eq!(
            left,
            needs_writes.contains(&surprise.number),
            "{}",
            surprise.number
        );
    }
}
