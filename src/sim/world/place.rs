//! Where on earth requests come from: cities with their networks, so that sign-ins look lived in.

use std::fmt;
use std::net::Ipv4Addr;

/// A city, as the System Log's geographical context describes it, and one access provider in it.
#[derive(Debug)]
pub struct Place {
    /// City name.
    pub city: &'static str,
    /// State or region.
    pub state: &'static str,
    /// Country name.
    pub country: &'static str,
    /// ISO 3166 alpha-2 code of the country.
    pub country_code: &'static str,
    /// Postal code of the centre.
    pub postal_code: &'static str,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// Autonomous system number.
    pub as_number: u32,
    /// Organisation behind the autonomous system.
    pub as_org: &'static str,
    /// Access provider.
    pub isp: &'static str,
    /// The provider's domain.
    pub domain: &'static str,
    /// First two octets of the provider's addresses there.
    pub network: [u8; 2],
    /// Time zone in the IANA database.
    pub zone: &'static str,
}

/// An index into [`PLACES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlaceIx(pub u8);

impl PlaceIx {
    /// The place itself.
    pub fn get(self) -> &'static Place {
        &PLACES[usize::from(self.0) % PLACES.len()]
    }
}

macro_rules! places {
    ($([$city:literal, $state:literal, $country:literal, $code:literal, $postal:literal, $lat:literal, $lon:literal,
        $asn:literal, $org:literal, $isp:literal, $domain:literal, $a:literal . $b:literal, $zone:literal],)*) => {
        &[$(Place {
            city: $city, state: $state, country: $country, country_code: $code, postal_code: $postal,
            lat: $lat, lon: $lon, as_number: $asn, as_org: $org, isp: $isp, domain: $domain,
            network: [$a, $b], zone: $zone,
        }),*]
    };
}

/// How many of [`PLACES`] are homes of the org's people; the rest is where attackers come from.
pub const HOMES: u8 = 20;

/// All places. The networks are chosen for looks: no packet is ever sent there.
#[rustfmt::skip]
pub const PLACES: &[Place] = places![
    ["San Francisco", "California", "United States", "US", "94105", 37.7852, -122.3874, 7922, "comcast cable communications llc", "comcast cable", "comcast.net", 73 . 162, "America/Los_Angeles"],
    ["New York", "New York", "United States", "US", "10013", 40.7209, -74.0054, 701, "verizon business", "verizon fios", "verizon.net", 71 . 190, "America/New_York"],
    ["Austin", "Texas", "United States", "US", "78701", 30.2713, -97.7426, 11427, "charter communications inc", "spectrum", "rr.com", 70 . 114, "America/Chicago"],
    ["Toronto", "Ontario", "Canada", "CA", "M4M", 43.6567, -79.34, 577, "bell canada", "bell canada", "bell.ca", 142 . 126, "America/Toronto"],
    ["London", "England", "United Kingdom", "GB", "EC1A", 51.5202, -0.0977, 2856, "british telecommunications plc", "bt", "btcentralplus.com", 86 . 139, "Europe/London"],
    ["Dublin", "Leinster", "Ireland", "IE", "D02", 53.3379, -6.2591, 6830, "liberty global b.v.", "virgin media ireland", "virginmedia.ie", 89 . 101, "Europe/Dublin"],
    ["Berlin", "Berlin", "Germany", "DE", "10115", 52.5323, 13.3846, 3320, "deutsche telekom ag", "deutsche telekom", "t-ipconnect.de", 91 . 11, "Europe/Berlin"],
    ["München", "Bayern", "Germany", "DE", "80331", 48.1374, 11.5755, 8767, "m-net telekommunikations gmbh", "m-net", "m-online.net", 93 . 104, "Europe/Berlin"],
    ["Paris", "Île-de-France", "France", "FR", "75001", 48.8592, 2.3417, 3215, "orange s.a.", "orange", "wanadoo.fr", 90 . 63, "Europe/Paris"],
    ["Amsterdam", "North Holland", "Netherlands", "NL", "1012", 52.3716, 4.8883, 1136, "kpn b.v.", "kpn", "kpn.net", 77 . 170, "Europe/Amsterdam"],
    ["Warszawa", "Mazowieckie", "Poland", "PL", "00-001", 52.2298, 21.0118, 5617, "orange polska", "orange polska", "tpnet.pl", 83 . 9, "Europe/Warsaw"],
    ["Madrid", "Madrid", "Spain", "ES", "28001", 40.4255, -3.6866, 3352, "telefonica de espana", "movistar", "rima-tde.net", 83 . 45, "Europe/Madrid"],
    ["Bengaluru", "Karnataka", "India", "IN", "560001", 12.9762, 77.6033, 24560, "bharti airtel ltd", "airtel", "airtelbroadband.in", 122 . 171, "Asia/Kolkata"],
    ["Mumbai", "Maharashtra", "India", "IN", "400001", 18.9387, 72.8353, 55836, "reliance jio infocomm", "jio", "jio.com", 49 . 36, "Asia/Kolkata"],
    ["東京", "東京都", "Japan", "JP", "100-0001", 35.6837, 139.7516, 17676, "kddi corporation", "au one net", "ppp-bb.dion.ne.jp", 106 . 72, "Asia/Tokyo"],
    ["Singapore", "Singapore", "Singapore", "SG", "048624", 1.2836, 103.8511, 3758, "singtel", "singnet", "singnet.com.sg", 116 . 14, "Asia/Singapore"],
    ["Sydney", "New South Wales", "Australia", "AU", "2000", -33.8688, 151.2093, 1221, "telstra limited", "telstra", "bigpond.net.au", 120 . 151, "Australia/Sydney"],
    ["São Paulo", "São Paulo", "Brazil", "BR", "01310-100", -23.5614, -46.6559, 27699, "telefonica brasil", "vivo", "vivo.com.br", 177 . 102, "America/Sao_Paulo"],
    ["Tel Aviv", "Tel Aviv", "Israel", "IL", "6688101", 32.0668, 34.7778, 8551, "bezeq international", "bezeq", "bezeqint.net", 109 . 64, "Asia/Jerusalem"],
    ["서울", "서울특별시", "South Korea", "KR", "04524", 37.5663, 126.9779, 4766, "korea telecom", "kt", "kornet.net", 121 . 134, "Asia/Seoul"],
    ["Lagos", "Lagos", "Nigeria", "NG", "100001", 6.4541, 3.3947, 29465, "mtn nigeria", "mtn", "mtnnigeria.net", 105 . 112, "Africa/Lagos"],
    ["Chişinău", "Chisinau", "Moldova", "MD", "MD-2001", 47.0056, 28.8575, 200_019, "alexhost srl", "alexhost", "alexhost.md", 176 . 123, "Europe/Chisinau"],
    ["Frankfurt am Main", "Hessen", "Germany", "DE", "60313", 50.1155, 8.6842, 14061, "digitalocean llc", "digitalocean", "digitalocean.com", 134 . 209, "Europe/Berlin"],
    ["Ashburn", "Virginia", "United States", "US", "20149", 39.0469, -77.4903, 14618, "amazon.com inc.", "amazon", "amazonaws.com", 54 . 88, "America/New_York"],
    ["Hong Kong", "Central and Western", "Hong Kong", "HK", "999077", 22.2783, 114.1747, 9009, "m247 europe srl", "m247", "m247.com", 84 . 17, "Asia/Hong_Kong"],
    ["Bucureşti", "Bucureşti", "Romania", "RO", "030167", 44.4323, 26.1063, 9009, "m247 europe srl", "nordvpn", "m247.com", 37 . 120, "Europe/Bucharest"],
];

/// The program a request was made with.
#[derive(Debug)]
pub struct Agent {
    /// The `User-Agent` header.
    pub raw: &'static str,
    /// Operating system, as Okta names it.
    pub os: &'static str,
    /// Browser, as Okta names it.
    pub browser: &'static str,
    /// Kind of device, as Okta names it.
    pub device: &'static str,
}

/// An index into [`AGENTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgentIx(pub u8);

impl AgentIx {
    /// The agent itself.
    pub fn get(self) -> &'static Agent {
        &AGENTS[usize::from(self.0) % AGENTS.len()]
    }
}

/// How many of [`AGENTS`] are browsers of the org's people; the rest are programs.
pub const BROWSERS: u8 = 8;

/// The program behind calls with an API token.
pub const SCRIPT_AGENT: AgentIx = AgentIx(8);

/// All agents.
#[rustfmt::skip]
pub const AGENTS: &[Agent] = &[
    Agent { raw: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", os: "Windows 10", browser: "CHROME", device: "Computer" },
    Agent { raw: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", os: "Mac OS X", browser: "CHROME", device: "Computer" },
    Agent { raw: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", os: "Windows 10", browser: "EDGE", device: "Computer" },
    Agent { raw: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", os: "Mac OS X", browser: "SAFARI", device: "Computer" },
    Agent { raw: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", os: "iOS 18 (iPhone)", browser: "SAFARI", device: "Mobile" },
    Agent { raw: "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36", os: "Android 15", browser: "CHROME", device: "Mobile" },
    Agent { raw: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", os: "Linux", browser: "FIREFOX", device: "Computer" },
    Agent { raw: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", os: "Windows 10", browser: "FIREFOX", device: "Computer" },
    Agent { raw: "python-requests/2.32.5", os: "Unknown", browser: "UNKNOWN", device: "Unknown" },
    Agent { raw: "Go-http-client/1.1", os: "Unknown", browser: "UNKNOWN", device: "Unknown" },
];

/// Where one request came from: the `client` of a log event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address.
    pub ip: Ipv4Addr,
    /// Where that address is.
    pub place: PlaceIx,
    /// The program.
    pub agent: AgentIx,
    /// What stays the same for one device: its fingerprint and its `dtHash` follow from it.
    pub device: u64,
}

impl Client {
    /// A client somewhere in `place`'s network; `host` chooses the last two octets.
    pub fn in_place(place: PlaceIx, agent: AgentIx, host: u16, device: u64) -> Self {
        let [a, b] = place.get().network;
        let [c, d] = host.to_be_bytes();
        Self {
            // .0 and .255 are no hosts.
            ip: Ipv4Addr::new(a, b, c, d.clamp(1, 254)),
            place,
            agent,
            device,
        }
    }
}

impl Client {
    /// A client at this address: somewhere in the provider's network that it belongs to, or where callers are by themselves.
    #[must_use]
    pub fn at_address(self, ip: Ipv4Addr) -> Self {
        let [a, b, ..] = ip.octets();
        let known = PLACES.iter().position(|place| place.network == [a, b]);
        let place = known
            .and_then(|at| u8::try_from(at).ok())
            .map_or(self.place, PlaceIx);
        Self { ip, place, ..self }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.ip, self.place.get().city)
    }
}
