# shellcheck shell=bash disable=SC2016
# A fresh Debian of this machine's release to install packages on, with systemd as its first process. Sourced by the tests beside it.
# Needs root, debootstrap, and a kernel that lets root make namespaces; exits 77, which ctest shows as skipped, where it has none.

skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

step() { printf '== %s\n' "$*"; }

# The mirror that this machine's own packages come from.
mirror() {
  if [ -n "${HARRIER_DEBIAN_MIRROR:-}" ]; then
    printf '%s\n' "$HARRIER_DEBIAN_MIRROR"
  else
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
      awk -v codename="$1" '$2 == codename && $3 == "Debian" { print $1; exit }'
  fi
}

# machine_make FOLDER: FOLDER/root is a fresh system; the first run downloads it into a folder beside.
machine_make() {
  local folder=$1 codename base from
  [ "$(id -u)" -eq 0 ] || skip "only root can make a system of its own"
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  base=$(dirname "$folder")/base-$codename
  if [ ! -e "$base.ready" ]; then
    from=$(mirror "$codename")
    [ -n "$from" ] || skip "no Debian mirror is known; HARRIER_DEBIAN_MIRROR names one"
    step "debootstrap $codename"
    rm -rf "$base"
    mkdir -p "$folder"
    debootstrap --variant=minbase --include=systemd,man-db,bash-completion,curl "$codename" "$base" "$from" \
      >"$folder/debootstrap.log" 2>&1 || { tail -n 5 "$folder/debootstrap.log"; skip "debootstrap failed"; }
    # Small systems leave out documentation; here the package is judged whole.
    rm -f "$base"/etc/dpkg/dpkg.cfg.d/* "$base"/var/cache/apt/archives/*.deb
    touch "$base.ready"
  fi
  machine_root=$folder/root
  rm -rf "$machine_root"
  cp -a --reflink=auto "$base" "$machine_root"
  cp -L /etc/resolv.conf /etc/hosts "$machine_root/etc/"
  # The packages' own way through this machine's network.
  apt-config dump Acquire::http::Proxy >"$machine_root/etc/apt/apt.conf.d/90proxy"
}

# Inside new namespaces: mounts what a system needs and becomes its first process.
machine_init() {
  set -e
  local root=$1 node
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  # Not chroot: in one, the kernel grants no user namespace, which the unit wants.
  cd "$root" || exit 1
  pivot_root . .
  umount -l .
  mount --make-rshared /  # as systemd finds it on a real machine: credentials are mounted so that services see them
  exec env -i container=harrier-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --log-target=null --unit=multi-user.target
}

# machine_start: boots it. machine_pid is its first process, seen from here.
machine_start() {
  local groups tries=0
  groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  [ -n "$groups" ] || skip "no cgroup2 file system is mounted"
  machine_group=$groups/harrier-test-$$
  mkdir "$machine_group" 2>/dev/null || skip "control groups cannot be made here"
  export -f machine_init
  (
    echo "$BASHPID" >"$machine_group/cgroup.procs"
    exec unshare --mount --pid --fork --kill-child --ipc --uts --cgroup \
      bash -c 'machine_init "$1"' _ "$machine_root" </dev/null >"$machine_root.log" 2>&1
  ) &
  machine_unshare=$!
  trap machine_stop EXIT
  until machine_pid=$(pgrep -P "$machine_unshare") && inside 'systemctl is-system-running' 2>/dev/null | grep -qE 'running|degraded'; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ] || ! kill -0 "$machine_unshare" 2>/dev/null; then
      cat "$machine_root.log"
      skip "systemd does not boot in namespaces of this machine"
    fi
    sleep 0.2
  done
}

# inside 'COMMANDS': runs them as root on the machine, in /srv; standard input is passed on.
inside() {
  nsenter --target "$machine_pid" --mount --uts --ipc --pid --cgroup --root --wd \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    bash -c "cd /srv && $*"
}

machine_stop() {
  kill -KILL "$machine_unshare" 2>/dev/null || true
  wait "$machine_unshare" 2>/dev/null || true
  find "$machine_group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  [ -z "${tenant_pid:-}" ] || kill -TERM "$tenant_pid" 2>/dev/null || true
}

# tenant_start SANDBOX FOLDER OPTIONS...: a simulated tenant, reachable from the machine too.
tenant_start() {
  local sandbox=$1 folder=$2 tries=0
  shift 2
  rm -rf "$folder"
  mkdir -p "$folder"
  "$sandbox" serve --dir "$folder" "$@" >"$folder.log" 2>&1 &
  tenant_pid=$!
  until [ -e "$folder/ready.json" ]; do
    kill -0 "$tenant_pid" 2>/dev/null || fail "the sandbox ended: $(cat "$folder.log")"
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "the sandbox is not ready"
    sleep 0.2
  done
}

# until_true SECONDS 'COMMANDS': asks the machine until they succeed.
until_true() {
  local end=$((SECONDS + $1))
  until inside "$2" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 1
  done
}
