#!/usr/bin/env bash
# Makes filesystems, files in every state that the audit tells of, and audits them. Arguments: the build's output, a directory for the
# answers, this script's own directory. Runs in namespaces of its own: what it mounts and starts ends with it.
set -euo pipefail
out=$2 here=$3
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

mount -t tmpfs -o mode=755 daxemu-test /mnt
mkdir /mnt/{bin,encrypted,read-only,ext4,xfs,xfs-plain,btrfs,tmpfs,lower,upper,overlay,images}
mount --bind "$1" /mnt/bin
cc -o /mnt/pin "$here/pin.c"

image() { # mount point, size, type, options of mkfs
    truncate -s "$2" "/mnt/images/$1"
    "mkfs.$3" -q "${@:4}" "/mnt/images/$1"
    mount -o loop "/mnt/images/$1" "/mnt/$1"
}
image ext4 64M ext4 -F
image xfs 320M xfs -m reflink=1
image xfs-plain 320M xfs -m reflink=0
image btrfs 160M btrfs
mount -t tmpfs -o mode=1777 daxemu-test /mnt/tmpfs
mount -t tmpfs -o mode=755 daxemu-test /mnt/upper
mkdir /mnt/upper/{files,work}

fill() { head -c "${2-65536}" /dev/urandom >"$1"; }
for filesystem in ext4 xfs xfs-plain tmpfs; do
    fill /mnt/$filesystem/data
    truncate -s 65536 /mnt/$filesystem/hole
    fill /mnt/$filesystem/half
    truncate -s 131072 /mnt/$filesystem/half
done
btrfs -q subvolume create /mnt/btrfs/volume
btrfs -q subvolume create /mnt/btrfs/alone
fill /mnt/btrfs/volume/data
fill /mnt/btrfs/alone/data
mkdir /mnt/btrfs/alone/in-place
chattr +C /mnt/btrfs/alone/in-place
fill /mnt/btrfs/alone/in-place/data
touch /mnt/btrfs/alone/compressed
chattr +c /mnt/btrfs/alone/compressed
head -c 1048576 /dev/zero >/mnt/btrfs/alone/compressed
echo tiny >/mnt/btrfs/alone/tiny
sync -f /mnt/btrfs
btrfs -q subvolume snapshot -r /mnt/btrfs/volume /mnt/btrfs/yesterday

fill /mnt/xfs/cloned
cp --reflink=always /mnt/xfs/cloned /mnt/xfs/clone
fallocate -l 65536 /mnt/ext4/unwritten
fill /mnt/ext4/leased
fill /mnt/ext4/exclusive
fill /mnt/ext4/immutable
chattr +i /mnt/ext4/immutable
fill /mnt/ext4/append-only
chattr +a /mnt/ext4/append-only
for file in written mapped read nobodys roots closed/data; do
    mkdir -p "/mnt/tmpfs/$(dirname "$file")"
    fill "/mnt/tmpfs/$file"
done
chown 65534:65534 /mnt/tmpfs/nobodys
chmod 600 /mnt/tmpfs/roots
chmod 700 /mnt/tmpfs/closed
: >/mnt/tmpfs/empty
fill /mnt/lower/data
mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper/files,workdir=/mnt/upper/work daxemu-test /mnt/overlay
fill /mnt/overlay/new
mount --bind /mnt/tmpfs /mnt/read-only
mount -o remount,bind,ro /mnt/read-only
# Encryption is an option of the kernel's.
truncate -s 64M /mnt/images/encrypted
mkfs.ext4 -q -F -O encrypt /mnt/images/encrypted
if mount -o loop,test_dummy_encryption /mnt/images/encrypted /mnt/encrypted; then
    mkdir /mnt/encrypted/home
    fill /mnt/encrypted/home/data
fi
sync

places=(/mnt/{ext4,xfs,xfs-plain,btrfs,tmpfs,lower,upper/files})
# Contents before time stamps: who reads sets the time of access.
everything() {
    find "${places[@]}" -type f -exec sha256sum {} + | sort -k 2
    find "${places[@]}" -exec stat -c '%n %i %s %b %h %a %u %x %y %z' {} + | sort
}
audit() { # name, path, command to run it by
    local status=0
    "${@:3}" /mnt/bin/daxemu audit --json "$2" >"$out/$1.json" 2>"$out/$1.error" || status=$?
    echo "$status" >"$out/$1.status"
}
hold() { # what, path
    coproc holder { exec python3 "$here/hold.py" "$@"; }
    read -r _ <&"${holder[0]}"
}
release() { # where its last words go
    local words=${holder[0]}
    exec 3<&"$words"
    echo >&"${holder[1]}"
    cat <&3 >"$1"
}
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

everything >/dev/null
everything >"$out/before"

for file in ext4/{data,hole,half,unwritten,immutable,append-only} xfs/{data,hole,half,cloned} xfs-plain/data \
    tmpfs/{data,hole,half,empty} overlay/{data,new} btrfs/volume/data btrfs/alone/{data,in-place/data,compressed,tiny}; do
    audit "${file//\//-}" "/mnt/$file"
done
for directory in ext4 xfs xfs-plain btrfs tmpfs overlay; do
    audit "directory-$directory" "/mnt/$directory"
done
for file in ext4/data xfs/data xfs-plain/data btrfs/volume/data tmpfs/data overlay/data overlay/new; do
    /mnt/bin/daxemu audit "/mnt/$file" >"$out/${file//\//-}.txt" || true
done

audit read-only /mnt/read-only/data
[[ ! -e /mnt/encrypted/home/data ]] || audit encrypted /mnt/encrypted/home/data

hold read /mnt/ext4/leased
audit leased /mnt/ext4/leased
release "$out/leased.holder"
hold write /mnt/ext4/exclusive
audit exclusive /mnt/ext4/exclusive
release "$out/exclusive.holder"
hold mapping /mnt/tmpfs/mapped
audit mapped /mnt/tmpfs/mapped
release "$out/mapped.holder"
sleep infinity 7>>/mnt/tmpfs/written &
audit written /mnt/tmpfs/written
kill $!
sleep infinity 7</mnt/tmpfs/read &
audit read /mnt/tmpfs/read
kill $!

audit no-uring /mnt/tmpfs/data python3 "$here/no_uring.py"
audit nobody-own /mnt/tmpfs/nobodys "${as_nobody[@]}"
audit nobody-readable /mnt/tmpfs/data "${as_nobody[@]}"
audit nobody-unreadable /mnt/tmpfs/roots "${as_nobody[@]}"
audit nobody-closed /mnt/tmpfs/closed/data "${as_nobody[@]}"
audit nobody-btrfs /mnt/btrfs/volume/data "${as_nobody[@]}"
audit nobody-unlocked /mnt/tmpfs/nobodys prlimit --memlock=0 "${as_nobody[@]}"

everything >"$out/after"

# What pin.c gets, which writes where it must: therefore last.
for file in ext4/data xfs/data xfs-plain/data tmpfs/data overlay/new btrfs/volume/data btrfs/alone/in-place/data; do
    /mnt/pin "/mnt/$file" >"$out/${file//\//-}.pin"
done
