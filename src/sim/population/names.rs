//! Names of people by region, each with the Latin spelling that its login uses.

use super::super::world::place::PlaceIx;

/// A name in its own script and in the letters of a login.
pub type Name = (&'static str, &'static str);

/// Names that are common in one region.
#[derive(Debug)]
pub struct Region {
    /// Given names.
    pub first: &'static [Name],
    /// Family names.
    pub last: &'static [Name],
}

/// The region that a place belongs to.
pub fn region(place: PlaceIx) -> &'static Region {
    match place.get().country_code {
        "DE" => &GERMAN,
        "FR" => &FRENCH,
        "ES" | "BR" => &IBERIAN,
        "NL" => &DUTCH,
        "PL" => &POLISH,
        "JP" => &JAPANESE,
        "KR" => &KOREAN,
        "IN" => &INDIAN,
        "IL" => &LEVANTINE,
        "SG" => &CHINESE,
        _ => &ENGLISH,
    }
}

macro_rules! plain {
    ($($name:literal)*) => { &[$(($name, $name)),*] };
}

#[rustfmt::skip]
const ENGLISH: Region = Region {
    first: plain!["James" "Mary" "Robert" "Patricia" "John" "Jennifer" "Michael" "Linda" "David" "Elizabeth" "William" "Barbara" "Richard" "Susan" "Joseph" "Jessica" "Thomas" "Sarah" "Christopher" "Karen" "Daniel" "Nancy" "Matthew" "Lisa" "Anthony" "Betty" "Mark" "Sandra" "Steven" "Ashley" "Paul" "Emily" "Andrew" "Kimberly" "Joshua" "Donna" "Kenneth" "Michelle" "Kevin" "Carol" "Brian" "Amanda" "George" "Melissa" "Timothy" "Deborah" "Grace" "Owen" "Maya" "Priya"],
    last: &[("Smith", "Smith"), ("Johnson", "Johnson"), ("Williams", "Williams"), ("Brown", "Brown"), ("Jones", "Jones"), ("Garcia", "Garcia"), ("Miller", "Miller"), ("Davis", "Davis"), ("Rodriguez", "Rodriguez"), ("Martinez", "Martinez"), ("Hernandez", "Hernandez"), ("Lopez", "Lopez"), ("Gonzalez", "Gonzalez"), ("Wilson", "Wilson"), ("Anderson", "Anderson"), ("Thomas", "Thomas"), ("Taylor", "Taylor"), ("Moore", "Moore"), ("Jackson", "Jackson"), ("Martin", "Martin"), ("Lee", "Lee"), ("Perez", "Perez"), ("Thompson", "Thompson"), ("White", "White"), ("Harris", "Harris"), ("Sanchez", "Sanchez"), ("Clark", "Clark"), ("Ramirez", "Ramirez"), ("Lewis", "Lewis"), ("Robinson", "Robinson"), ("Walker", "Walker"), ("Young", "Young"), ("Allen", "Allen"), ("King", "King"), ("Wright", "Wright"), ("Scott", "Scott"), ("Nguyen", "Nguyen"), ("Hill", "Hill"), ("Flores", "Flores"), ("Green", "Green"), ("Adams", "Adams"), ("Nelson", "Nelson"), ("O'Connor", "OConnor"), ("O'Brien", "OBrien"), ("McCarthy", "McCarthy"), ("Fitzgerald-Hughes", "Fitzgerald-Hughes"), ("St. John", "StJohn"), ("Tremblay", "Tremblay")],
};

#[rustfmt::skip]
const GERMAN: Region = Region {
    first: &[("Jürgen", "Juergen"), ("Anna", "Anna"), ("Lukas", "Lukas"), ("Sören", "Soeren"), ("Käthe", "Kaethe"), ("Björn", "Bjoern"), ("Lena", "Lena"), ("Maximilian", "Maximilian"), ("Sophie", "Sophie"), ("Günther", "Guenther"), ("Hannah", "Hannah"), ("Felix", "Felix"), ("Mia", "Mia"), ("Paul", "Paul"), ("Jörg", "Joerg"), ("Ayşe", "Ayse"), ("Karl-Heinz", "Karl-Heinz"), ("Ursula", "Ursula")],
    last: &[("Müller", "Mueller"), ("Schmidt", "Schmidt"), ("Schneider", "Schneider"), ("Fischer", "Fischer"), ("Weiß", "Weiss"), ("Groß", "Gross"), ("Köhler", "Koehler"), ("Schäfer", "Schaefer"), ("Jäger", "Jaeger"), ("Krüger", "Krueger"), ("Wagner", "Wagner"), ("Becker", "Becker"), ("von der Heide", "vonderHeide"), ("Öztürk", "Oeztuerk"), ("Böhm", "Boehm"), ("Vogt", "Vogt")],
};

#[rustfmt::skip]
const FRENCH: Region = Region {
    first: &[("Élodie", "Elodie"), ("François", "Francois"), ("Chloé", "Chloe"), ("Jean-Baptiste", "Jean-Baptiste"), ("Zoë", "Zoe"), ("Noémie", "Noemie"), ("Gaëlle", "Gaelle"), ("Thibault", "Thibault"), ("Aurélien", "Aurelien"), ("Camille", "Camille"), ("Lucas", "Lucas"), ("Maël", "Mael"), ("Inès", "Ines"), ("Hélène", "Helene")],
    last: &[("Lefèvre", "Lefevre"), ("D’Angelo", "DAngelo"), ("Bélanger", "Belanger"), ("Dubois", "Dubois"), ("Moreau", "Moreau"), ("Gérard", "Gerard"), ("Lemaître", "Lemaitre"), ("Roux", "Roux"), ("Fournier", "Fournier"), ("Girard", "Girard"), ("Bœuf", "Boeuf"), ("de La Tour", "deLaTour"), ("Müller", "Muller"), ("Nuñez", "Nunez")],
};

#[rustfmt::skip]
const IBERIAN: Region = Region {
    first: &[("José", "Jose"), ("María", "Maria"), ("João", "Joao"), ("Íñigo", "Inigo"), ("Lucía", "Lucia"), ("Conceição", "Conceicao"), ("Andrés", "Andres"), ("Sofía", "Sofia"), ("Luís", "Luis"), ("Thaís", "Thais"), ("Ramón", "Ramon"), ("Inês", "Ines"), ("Begoña", "Begona"), ("Álvaro", "Alvaro")],
    last: &[("García", "Garcia"), ("Muñoz", "Munoz"), ("Gonçalves", "Goncalves"), ("Ibáñez", "Ibanez"), ("da Silva", "daSilva"), ("Araújo", "Araujo"), ("Peña", "Pena"), ("Assunção", "Assuncao"), ("López", "Lopez"), ("Ferreira", "Ferreira"), ("Núñez", "Nunez"), ("de Souza", "deSouza"), ("Martínez", "Martinez"), ("Ordóñez", "Ordonez")],
};

#[rustfmt::skip]
const DUTCH: Region = Region {
    first: plain!["Daan" "Sanne" "Bram" "Femke" "Sjoerd" "Anouk" "Joris" "Lotte" "Ruben" "Maaike" "Thijs" "Fleur"],
    last: &[("van der Berg", "vanderBerg"), ("de Vries", "deVries"), ("Jansen", "Jansen"), ("'t Hart", "tHart"), ("van Dijk", "vanDijk"), ("Bakker", "Bakker"), ("IJsselmuiden", "IJsselmuiden"), ("Visser", "Visser"), ("Smit", "Smit"), ("Meijer", "Meijer")],
};

#[rustfmt::skip]
const POLISH: Region = Region {
    first: &[("Łukasz", "Lukasz"), ("Małgorzata", "Malgorzata"), ("Grzegorz", "Grzegorz"), ("Żaneta", "Zaneta"), ("Paweł", "Pawel"), ("Agnieszka", "Agnieszka"), ("Michał", "Michal"), ("Zofia", "Zofia"), ("Stanisław", "Stanislaw"), ("Jędrzej", "Jedrzej"), ("Oleksandr", "Oleksandr"), ("Наталія", "Nataliia")],
    last: &[("Wiśniewski", "Wisniewski"), ("Wójcik", "Wojcik"), ("Kowalczyk", "Kowalczyk"), ("Dąbrowska", "Dabrowska"), ("Błaszczykowski", "Blaszczykowski"), ("Źrebiec", "Zrebiec"), ("Kamiński", "Kaminski"), ("Szczęsny", "Szczesny"), ("Nowak", "Nowak"), ("Шевченко", "Shevchenko"), ("Brzęczyszczykiewicz", "Brzeczyszczykiewicz")],
};

#[rustfmt::skip]
const JAPANESE: Region = Region {
    first: &[("太郎", "Taro"), ("花子", "Hanako"), ("翔太", "Shota"), ("美咲", "Misaki"), ("健一", "Kenichi"), ("さくら", "Sakura"), ("ケンジ", "Kenji"), ("陽子", "Yoko"), ("大輔", "Daisuke"), ("結衣", "Yui"), ("拓海", "Takumi"), ("恵", "Megumi")],
    last: &[("佐藤", "Sato"), ("鈴木", "Suzuki"), ("高橋", "Takahashi"), ("田中", "Tanaka"), ("渡邉", "Watanabe"), ("伊藤", "Ito"), ("山本", "Yamamoto"), ("中村", "Nakamura"), ("小林", "Kobayashi"), ("髙﨑", "Takasaki"), ("吉田", "Yoshida"), ("齋藤", "Saito")],
};

#[rustfmt::skip]
const KOREAN: Region = Region {
    first: &[("민준", "Minjun"), ("서연", "Seoyeon"), ("지훈", "Jihoon"), ("수빈", "Subin"), ("현우", "Hyunwoo"), ("지은", "Jieun"), ("도윤", "Doyun"), ("하은", "Haeun")],
    last: &[("김", "Kim"), ("이", "Lee"), ("박", "Park"), ("최", "Choi"), ("정", "Jung"), ("강", "Kang"), ("조", "Cho"), ("윤", "Yoon")],
};

#[rustfmt::skip]
const INDIAN: Region = Region {
    first: &[("Aarav", "Aarav"), ("Ananya", "Ananya"), ("Vikram", "Vikram"), ("प्रिया", "Priya"), ("Rohan", "Rohan"), ("राहुल", "Rahul"), ("Sneha", "Sneha"), ("Karthik", "Karthik"), ("Deepa", "Deepa"), ("Arjun", "Arjun"), ("Lakshmi", "Lakshmi"), ("Meera", "Meera"), ("Sanjay", "Sanjay"), ("Divya", "Divya")],
    last: &[("Sharma", "Sharma"), ("Patel", "Patel"), ("Iyer", "Iyer"), ("Reddy", "Reddy"), ("शर्मा", "Sharma"), ("Nair", "Nair"), ("Gupta", "Gupta"), ("Chatterjee", "Chatterjee"), ("Krishnamurthy", "Krishnamurthy"), ("Singh", "Singh"), ("Venkataraman", "Venkataraman"), ("Rao", "Rao"), ("Desai", "Desai")],
};

#[rustfmt::skip]
const LEVANTINE: Region = Region {
    first: &[("נועה", "Noa"), ("איתן", "Eitan"), ("Yael", "Yael"), ("دانة", "Dana"), ("محمد", "Mohammed"), ("Ori", "Ori"), ("תמר", "Tamar"), ("ليلى", "Layla")],
    last: &[("כהן", "Cohen"), ("לוי", "Levi"), ("Mizrahi", "Mizrahi"), ("حداد", "Haddad"), ("الأحمد", "AlAhmad"), ("פרץ", "Peretz"), ("Ben-David", "Ben-David")],
};

#[rustfmt::skip]
const CHINESE: Region = Region {
    first: &[("伟", "Wei"), ("秀英", "Xiuying"), ("Mei Ling", "MeiLing"), ("建国", "Jianguo"), ("Jia Hao", "JiaHao"), ("小明", "Xiaoming"), ("Nurul", "Nurul"), ("静", "Jing"), ("Hui Min", "HuiMin")],
    last: &[("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("Tan", "Tan"), ("Lim", "Lim"), ("Ng", "Ng"), ("吴", "Wu"), ("binte Rahman", "binteRahman")],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::world::place::HOMES;

    #[test]
    fn login_spellings_are_ascii_and_names_fit_in_fifty_characters() {
        for place in 0..HOMES {
            let region = region(PlaceIx(place));
            for (name, login) in region.first.iter().chain(region.last) {
                assert!(name.chars().count() <= 50, "{name}");
                assert!(
                    !login.is_empty() && login.is_ascii() && !login.contains(' '),
                    "{login}"
                );
            }
        }
    }
}
