//! The surprises that Okta's API has for its clients, each with a contract test named after its number: what a client that was
//! written from the documents alone would get wrong.
//!
//! [`SURPRISES`] is the list.

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
    /// The tests of it, in the modules below, among those of OAuth, or among those of changes.
    tests: &'static [&'static str],
}

const fn surprise(number: u8, says: &'static str, tests: &'static [&'static str]) -> Surprise {
    Surprise {
        number,
        says,
        tests,
    }
}

/// All of them.
const SURPRISES: [Surprise; 25] = [
    surprise(
        1,
        "polling the log always has a next link, also on an empty page; a bounded query ends",
        &["s01_logs_polling_always_has_a_next_link_and_a_bounded_query_ends"],
    ),
    surprise(
        2,
        "listing users hides the deactivated; search and filter show them",
        &["s02_listing_users_hides_the_deactivated_and_search_and_filter_show_them"],
    ),
    surprise(
        3,
        "429 with headers, per bucket, half of it per token, reset in epoch seconds, and a Date",
        &["s03_each_bucket_gives_a_token_half_and_says_when_it_opens_again"],
    ),
    surprise(
        4,
        "page defaults and maxima differ by endpoint, and more than the maximum is the maximum",
        &["s04_page_sizes_differ_by_endpoint_and_are_clamped"],
    ),
    surprise(
        5,
        "the search index lags: what was just changed is stale in lists and fresh by id",
        &[
            "s05_what_was_just_changed_is_stale_in_lists_and_fresh_by_id",
            "s05_everything_but_a_search_sees_a_write_at_once",
        ],
    ),
    surprise(
        6,
        "204 has no Content-Type, and operations that return nothing return {}",
        &[
            "s06_an_answer_without_a_body_has_no_content_type",
            "s06_a_write_without_a_body_may_say_anything_about_it_and_204_says_nothing",
            "s06_a_write_without_a_length_is_411",
        ],
    ),
    surprise(
        7,
        "DELETE of a user deactivates first and deletes the second time",
        &[
            "s07_a_deactivated_user_is_there_until_it_is_deleted",
            "s07_the_first_delete_deactivates_and_the_second_deletes",
        ],
    ),
    surprise(
        8,
        "the wrong state is another error for each operation",
        &[
            "s08_the_wrong_state_is_another_error_for_each_operation",
            "s08_a_wrong_status_is_refused_by_each_operation_in_its_own_way",
        ],
    ),
    surprise(
        9,
        "APP_GROUP and BUILT_IN groups are read-only",
        &[
            "s09_groups_of_an_application_and_built_in_ones_are_read_only",
            "s09_groups_that_somebody_else_manages_are_read_only",
        ],
    ),
    surprise(
        10,
        "adding a member twice and removing one twice are fine, and leave no second event",
        &[
            "s10_adding_and_removing_twice_leaves_one_event_each",
            "s10_adding_and_removing_a_member_twice_is_204_twice_and_told_once",
        ],
    ),
    surprise(
        11,
        "an application that a group gives cannot be taken from one user",
        &[
            "s11_what_a_group_gives_cannot_be_taken_from_one_user",
            "s11_a_group_gives_its_application_a_moment_later_and_only_the_group_can_take_it",
        ],
    ),
    surprise(
        12,
        "log events come late, out of order, and again in overlapping queries",
        &[
            "s12_a_late_event_is_missed_by_time_and_delivered_to_pollers",
            "s12_overlapping_queries_deliver_events_again",
        ],
    ),
    surprise(
        13,
        "lists below /iam page in the body",
        &["s13_lists_below_iam_page_in_the_body"],
    ),
    surprise(
        14,
        "DPoP has a nonce dance, and service apps have DPoP on",
        &["s14_dpop_is_a_dance_with_a_nonce_and_every_proof_serves_once"],
    ),
    surprise(
        15,
        "scope and role are both needed, and 403 says so in WWW-Authenticate",
        &["s15_scope_and_role_are_both_needed"],
    ),
    surprise(
        16,
        "null everywhere, client.zone is the word \"null\", and debug data are strings",
        &["s16_nulls_everywhere_a_zone_that_is_a_word_and_debug_data_of_strings"],
    ),
    surprise(
        17,
        "status changes and assignments take a while",
        &[
            "s17_a_user_with_much_is_in_transition_for_a_while",
            "s17_members_of_a_newly_assigned_group_get_the_application_later",
            "s17_somebody_with_much_is_activated_in_the_background_and_409_meanwhile",
            "s17_whoever_does_not_wait_gets_an_answer_before_the_end",
        ],
    ),
    surprise(
        18,
        "Everyone holds all; rules put people into groups, and a manual change excludes them",
        &[
            "s18_everyone_holds_all_but_the_deactivated",
            "s18_whom_somebody_removes_from_a_rules_group_is_excluded_and_not_put_back",
            "s18_a_rule_works_through_everybody_a_moment_later_and_leaves_alone_whom_somebody_moved",
        ],
    ),
    surprise(
        19,
        "all below /apps shares one small bucket",
        &["s19_everything_below_apps_shares_one_small_bucket"],
    ),
    surprise(
        20,
        "an application must be inactive before it is deleted",
        &[
            "s20_an_application_must_be_inactive_before_it_is_deleted",
            "s20_an_application_is_switched_with_200_and_must_be_off_to_be_deleted",
        ],
    ),
    surprise(
        21,
        "unknown values, and catalogue SAML applications without fields that the documents require",
        &[
            "s21_a_strange_org_has_values_that_no_document_names",
            "s21_saml_applications_of_the_catalogue_hold_override_keys_only",
        ],
    ),
    surprise(
        22,
        "items of lists have a self link only",
        &["s22_items_of_lists_of_users_have_a_self_link_only"],
    ),
    surprise(
        23,
        "too much at once is 429 with zeros",
        &["s23_too_much_at_once_is_429_with_zeros"],
    ),
    surprise(
        24,
        "q gives ten users or three hundred groups, and no further page",
        &["s24_q_gives_ten_users_or_three_hundred_groups_and_no_next_link"],
    ),
    surprise(
        25,
        "me is the token's owner, a dead token is 401 E0000011, PUT nulls what it leaves out, and POST answers 200",
        &[
            "s25_me_is_the_owner_of_the_token",
            "s25_a_dead_token_is_401",
            "s25_a_user_is_created_with_200_and_waits_for_a_password_that_is_not_there",
            "s25_post_changes_what_it_says_and_put_forgets_the_rest",
        ],
    ),
];

#[test]
fn every_surprise_has_its_tests() {
    let sources = [
        include_str!("surprises/access.rs"),
        include_str!("surprises/errors.rs"),
        include_str!("surprises/lists.rs"),
        include_str!("surprises/log.rs"),
        include_str!("surprises/shapes.rs"),
        // Those of OAuth need what it takes to sign.
        include_str!("sim_oauth.rs"),
        include_str!("sim_writes.rs"),
        include_str!("sim_writes_setup.rs"),
        include_str!("sim_writes_wire.rs"),
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
}
