//! The company's departments with their titles, as HR knows them.

/// A department.
#[derive(Debug)]
pub struct Department {
    /// Name, as in profiles.
    pub name: &'static str,
    /// The division above it.
    pub division: &'static str,
    /// Cost centre.
    pub cost_center: &'static str,
    /// How many of a hundred people work there.
    pub share: u8,
    /// Titles; the first is the head's.
    pub titles: &'static [&'static str],
}

/// All departments; the first is the top of the company. The shares of the others add up to 100.
#[rustfmt::skip]
pub const DEPARTMENTS: &[Department] = &[
    Department { name: "Executive", division: "Corporate", cost_center: "CC-1000", share: 0, titles: &["Chief Executive Officer", "Executive Assistant"] },
    Department { name: "Engineering", division: "Product", cost_center: "CC-2100", share: 27, titles: &["VP Engineering", "Software Engineer", "Senior Software Engineer", "Staff Engineer", "Engineering Manager", "Site Reliability Engineer", "Test Engineer"] },
    Department { name: "Product", division: "Product", cost_center: "CC-2200", share: 6, titles: &["VP Product", "Product Manager", "Senior Product Manager", "Product Designer", "User Researcher"] },
    Department { name: "Information Technology", division: "Operations", cost_center: "CC-3100", share: 5, titles: &["Director of IT", "Systems Administrator", "Identity Engineer", "Help Desk Technician", "Network Engineer"] },
    Department { name: "Security", division: "Operations", cost_center: "CC-3200", share: 3, titles: &["Chief Information Security Officer", "Security Analyst", "Incident Responder", "Security Engineer"] },
    Department { name: "Sales", division: "Revenue", cost_center: "CC-4100", share: 19, titles: &["VP Sales", "Account Executive", "Sales Development Representative", "Sales Engineer", "Regional Sales Manager"] },
    Department { name: "Marketing", division: "Revenue", cost_center: "CC-4200", share: 8, titles: &["VP Marketing", "Content Strategist", "Campaign Manager", "Marketing Analyst", "Events Coordinator"] },
    Department { name: "Customer Support", division: "Revenue", cost_center: "CC-4300", share: 15, titles: &["Director of Support", "Support Specialist", "Support Engineer", "Escalation Manager"] },
    Department { name: "Finance", division: "Corporate", cost_center: "CC-1100", share: 5, titles: &["Chief Financial Officer", "Accountant", "Financial Analyst", "Payroll Specialist", "Controller"] },
    Department { name: "Human Resources", division: "Corporate", cost_center: "CC-1200", share: 4, titles: &["Chief People Officer", "HR Business Partner", "Recruiter", "Benefits Specialist"] },
    Department { name: "Legal", division: "Corporate", cost_center: "CC-1300", share: 2, titles: &["General Counsel", "Corporate Counsel", "Paralegal", "Privacy Officer"] },
    Department { name: "Facilities", division: "Operations", cost_center: "CC-3300", share: 6, titles: &["Director of Facilities", "Facilities Technician", "Receptionist", "Logistics Coordinator"] },
];

/// The department at this place in the table.
pub fn department(at: u8) -> &'static Department {
    &DEPARTMENTS[usize::from(at) % DEPARTMENTS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_a_hundred() {
        assert_eq!(
            DEPARTMENTS.iter().map(|d| u32::from(d.share)).sum::<u32>(),
            100
        );
    }
}
