//! Networks as people write them, such as `73.162.0.0/16` or `73.162.0.1-73.162.0.9`, and whether an address lies in one.

use core::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The bits of an IPv4 address within an IPv6 one that stands for it.
const MAPPED_BITS: u8 = 96;

/// A network: every address from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// IPv4 in its IPv6 form, so that there is one comparison.
    first: u128,
    last: u128,
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNetwork {
    /// What stands before the slash is no address.
    #[error("`{0}` is not an address; write 73.162.0.0/16 or 2001:db8::/32")]
    Address(String),
    /// What stands behind it is no length that such an address has.
    #[error("`/{given}` is not a length here; it is a number from 0 to {most}")]
    Length {
        /// What was written.
        given: String,
        /// The longest there is.
        most: u8,
    },
    /// What stands on the two sides of the line does not go from one address to a later one of its family.
    #[error(
        "`{0}` is no range of addresses; write the first and the last, both IPv4 or both IPv6, such as 73.162.0.1-73.162.0.9"
    )]
    Range(String),
}

impl Network {
    /// Whether the text is an address in this network. All of IPv6 has no IPv4 address in it, though each has a form there.
    pub fn contains(&self, address: &str) -> bool {
        let address: Option<IpAddr> = address.trim().parse().ok();
        let is_of_v4 = is_mapped(self.first) && is_mapped(self.last);
        address.map(bits).is_some_and(|address| {
            is_mapped(address) == is_of_v4 && (self.first..=self.last).contains(&address)
        })
    }
}

/// Whether these are the bits of an IPv4 address.
fn is_mapped(bits: u128) -> bool {
    bits >> (128 - MAPPED_BITS) == 0xffff
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        if let (Some((first, last)), false) = (text.split_once('-'), text.contains('/')) {
            return range(first, last).ok_or_else(|| InvalidNetwork::Range(text.to_owned()));
        }
        let (address, length) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address
            .parse()
            .map_err(|_| InvalidNetwork::Address(address.to_owned()))?;
        let (most, before) = match address {
            IpAddr::V4(_) => (32, MAPPED_BITS),
            IpAddr::V6(_) => (128, 0),
        };
        let is_number = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        let length = Some(length)
            .filter(|_| is_number)
            .and_then(|length| length.parse::<u8>().ok())
            .filter(|length| *length <= most)
            .ok_or_else(|| InvalidNetwork::Length {
                given: length.to_owned(),
                most,
            })?;
        let free = u128::MAX
            .checked_shr(u32::from(before + length))
            .unwrap_or(0);
        let first = bits(address) & !free;
        Ok(Self {
            first,
            last: first | free,
        })
    }
}

fn range(first: &str, last: &str) -> Option<Network> {
    let first: IpAddr = first.trim().parse().ok()?;
    let last: IpAddr = last.trim().parse().ok()?;
    let is_range = first.is_ipv4() == last.is_ipv4() && first <= last;
    is_range.then(|| Network {
        first: bits(first),
        last: bits(last),
    })
}

/// Whether no address has the text as a part of it: it has letters that none has, or digits and dots as no IPv4 address has them.
pub fn is_in_no_address(text: &str) -> bool {
    let is_of_address = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
    if !text.bytes().all(is_of_address) {
        return true;
    }
    let is_dotted = text.contains('.') && text.bytes().all(|b| b == b'.' || b.is_ascii_digit());
    let inner = text.strip_prefix('.').unwrap_or(text);
    let inner = inner.strip_suffix('.').unwrap_or(inner);
    let parts: Vec<&str> = inner.split('.').collect();
    is_dotted && (parts.len() > 4 || parts.iter().any(|part| part.parse::<u8>().is_err()))
}

fn bits(address: IpAddr) -> u128 {
    let address: Ipv6Addr = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    address.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address)
    }

    #[test]
    fn addresses_lie_in_networks_of_their_own_family() {
        for (network, address) in [
            ("73.162.0.0/16", "73.162.219.141"),
            ("73.162.9.9/16", "73.162.0.0"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("0.0.0.0/0", "8.8.8.8"),
            ("2001:db8::/32", "2001:DB8:1::9"),
            ("::/0", "2001:db8::1"),
            ("73.162.0.0/16", "::ffff:73.162.1.1"),
            ("2001:db8::8/125", "2001:db8::f"),
        ] {
            assert!(has(network, address), "{address} in {network}");
        }
        for (network, address) in [
            ("73.162.0.0/16", "73.163.0.1"),
            ("73.162.0.0/16", "173.162.0.1"),
            ("10.0.0.1/32", "10.0.0.2"),
            ("0.0.0.0/0", "2001:db8::1"),
            ("2001:db8::/32", "2001:db9::1"),
            ("73.162.0.0/16", "unknown"),
            ("73.162.0.0/16", ""),
            ("::/0", "8.8.8.8"),
            ("::/0", "::ffff:8.8.8.8"),
            ("::/64", "8.8.8.8"),
        ] {
            assert!(!has(network, address), "{address} in {network}");
        }
    }

    #[test]
    fn a_range_has_both_its_ends() {
        for address in ["73.162.0.9", "73.162.0.200", "73.162.1.3"] {
            assert!(has("73.162.0.9-73.162.1.3", address), "{address}");
        }
        for address in ["73.162.0.8", "73.162.1.4", "2001:db8::1", ""] {
            assert!(!has("73.162.0.9-73.162.1.3", address), "{address}");
        }
        assert!(has("2001:db8::1-2001:db8::f", "2001:DB8::A"));
        for bad in ["10.0.0.9-10.0.0.1", "10.0.0.1-", "a-b", "10.0.0.1-::1"] {
            let told = bad.parse::<Network>().unwrap_err();
            assert!(matches!(told, InvalidNetwork::Range(_)), "{bad}");
        }
    }

    #[test]
    fn a_part_of_an_address_is_told_from_what_is_in_none() {
        for bad in [
            "300.1.1.1",
            "1.2.3.4.5",
            "10..1",
            "1.256.",
            "banana",
            "10.0.0.x",
        ] {
            assert!(is_in_no_address(bad), "{bad}");
        }
        for good in [
            "73.162.",
            "73.162.4.1",
            ".4.1",
            "162",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "",
        ] {
            assert!(!is_in_no_address(good), "{good}");
        }
    }

    #[test]
    fn what_is_no_network_is_told_with_what_would_be() {
        for bad in ["73.162/16", "x/8", "/16", "73.162.0.0.1/8"] {
            let told = bad.parse::<Network>().unwrap_err();
            assert!(matches!(told, InvalidNetwork::Address(_)), "{bad}");
        }
        for (bad, most) in [
            ("10.0.0.0/33", 32),
            ("10.0.0.0/", 32),
            ("10.0.0.0/-1", 32),
            ("10.0.0.0/+8", 32),
            ("::/129", 128),
            ("::/1000", 128),
        ] {
            let told = bad.parse::<Network>().unwrap_err();
            assert!(
                matches!(told, InvalidNetwork::Length { most: m, .. } if m == most),
                "{bad}"
            );
        }
    }
}
