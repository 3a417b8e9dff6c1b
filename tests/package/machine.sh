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

this_release() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

# machine_base FOLDER CODENAME PACKAGES: machine_base is a fresh system with them, downloaded once into a folder beside FOLDER.
machine_base() {
  local folder=$1 codename=$2 packages=$3 from
  [ "$(id -u)" -eq 0 ] || skip "only root can make a system of its own"
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  machine_base=$(dirname "$folder")/base-$codename
  [ ! -e "$machine_base.ready" ] || return 0
  from=$(mirror "$(this_release)")
  [ -n "$from" ] || skip "no Debian mirror is known; HARRIER_DEBIAN_MIRROR names one"
  step "debootstrap $codename"
  rm -rf "$machine_base"
  mkdir -p "$folder"
  debootstrap --variant=minbase ${packages:+--include="$packages"} "$codename" "$machine_base" "$from" \
    >"$folder/debootstrap.log" 2>&1 || { tail -n 5 "$folder/debootstrap.log"; skip "debootstrap failed"; }
  # Small systems leave out documentation; here the package is judged whole.
  rm -f "$machine_base"/etc/dpkg/dpkg.cfg.d/* "$machine_base"/var/cache/apt/archives/*.deb
  touch "$machine_base.ready"
}

# machine_network ROOT: names are found, and packages come in by this machine's own way.
machine_network() {
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  apt-config dump Acquire::http::Proxy >"$1/etc/apt/apt.conf.d/90proxy"
}

# machine_make FOLDER: FOLDER/root is a fresh system of this machine's release.
machine_make() {
  local folder=$1
  machine_base "$folder" "$(this_release)" systemd,man-db,bash-completion,curl
  machine_root=$folder/root
  rm -rf "$machine_root"
  cp -a --reflink=auto "$machine_base" "$machine_root"
  machine_network "$machine_root"
}

# machine_configure ROOT TENANT: the tenant's configuration with the paths of a machine, and its secret.
machine_configure() {
  sed -e 's|^secret_file = .*|secret_file = "secret"|' -e 's|^ca_file = .*|ca_file = "ca.pem"|' \
    -e 's|^directory = .*|directory = "/var/lib/harrier"|' "$2/harrier.toml" >"$1/etc/harrier/harrier.toml"
  install -m 0644 "$2/ca.pem" "$1/etc/harrier/ca.pem"
  install -m 0600 "$2/secret" "$1/etc/harrier/secret"
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
