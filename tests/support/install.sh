#!/usr/bin/env bash
# Installs the Debian packages of the named sections of .ci/packages (all of them without a name).
# Asks apt for nothing where they are all there.
set -euo pipefail

list=$(dirname "$0")/../../.ci/packages
sections=$(IFS='|'; echo "${*:-[a-z]+}")
mapfile -t wanted < <(sed -nE "s/^($sections): *//p" "$list" | tr -s ' ' '\n' | sort -u)

mapfile -t there < <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u)
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}") <(printf '%s\n' "${there[@]}"))
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing ${missing[*]}" >&2
install=(apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if "${as_root[@]}" "${install[@]}" >"$log" 2>&1; then
    exit 0
fi
# The package lists of a fresh machine are empty or old.
if "${as_root[@]}" apt-get update -q >"$log" 2>&1 && "${as_root[@]}" "${install[@]}" >"$log" 2>&1; then
    exit 0
fi
tail -n 20 "$log" >&2
echo "could not install: ${missing[*]}" >&2
exit 1
