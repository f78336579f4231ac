//! File systems that lie on another machine. Locks and syncs are not what they are on a disk there: two machines could write one
//! store, and what was synced can be gone. So a store is not opened on one unless the operator says so.

use std::path::Path;

/// The name of the network file system that `dir` is on; `None` on a local one, or when the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn file_system(dir: &Path) -> Option<&'static str> {
    let found = rustix::fs::statfs(dir).ok()?;
    name_of(u32::try_from(i128::from(found.f_type) & 0xffff_ffff).ok()?)
}

/// Elsewhere the system does not say it in a way that is known here.
#[cfg(not(target_os = "linux"))]
pub(super) fn file_system(_: &Path) -> Option<&'static str> {
    None
}

/// By the number that Linux gives each kind of file system (`statfs(2)`).
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "Linux's numbers")
)]
fn name_of(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x0102_1997 => "9p",
        // sshfs, s3fs and their like; a few local ones are among them.
        0x6573_5546 => "FUSE",
        0x00c3_6400 => "Ceph",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        0x7375_7245 => "Coda",
        0x786f_4256 => "a shared folder",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_known_and_local_ones_are_none() {
        for (magic, name) in [
            (0x6969, "NFS"),
            (0xff53_4d42, "SMB"),
            (0xfe53_4d42, "SMB"),
            (0x0102_1997, "9p"),
            (0x6573_5546, "FUSE"),
        ] {
            assert_eq!(name_of(magic), Some(name), "{magic:x}");
        }
        // ext4, xfs, btrfs, zfs, tmpfs, overlay.
        for magic in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x2fc1_2fc1,
            0x0102_1994,
            0x794c_7630,
        ] {
            assert_eq!(name_of(magic), None, "{magic:x}");
        }
    }

    #[test]
    fn tests_run_on_a_local_one() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(file_system(temp.path()), None);
        assert_eq!(file_system(Path::new("/nowhere/at/all")), None);
    }
}
