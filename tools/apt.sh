# shellcheck shell=sh
# Sourced by the set-up scripts: installing Debian packages.

# True when every named package is installed.
apt_has() {
  for p in "$@"; do dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || return 1; done
}

# Installs what is missing of the named packages, as root or with sudo. Waits for another apt and never asks.
# $1 is a file for the log; returns 1 when it did not work.
apt_install() {
  log=$1 && shift
  missing=
  for p in "$@"; do apt_has "$p" || missing="$missing $p"; done
  [ -n "$missing" ] || return 0
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "set-up: root rights or sudo are needed to install$missing" >&2 && return 1; }
    as_root=sudo
  fi
  echo "set-up: installing$missing"
  # Unquoted on purpose: both are lists of words.
  install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3"
  add="$install install -y --no-install-recommends $missing"
  # Package lists may be missing or out of date: a first failure is answered with an update.
  $add >"$log" 2>&1 && return 0
  $install update >>"$log" 2>&1 && $add >>"$log" 2>&1 && return 0
  tail -n 20 "$log" >&2
  return 1
}
