#!/usr/bin/env bash
# Installs the named tools that this machine does not have. Debian and its kin
# only: elsewhere it says what to install.
set -euo pipefail

package_of() { # package_of TOOL: the Debian package that has it
	case $1 in
	cc) echo gcc libc6-dev ;; # the race detector is linked by cgo
	chromium) echo chromium fonts-dejavu-core ;; # without a font a page has no text
	node) echo nodejs ;;
	certificates) echo ca-certificates ;;
	postgres) echo postgresql ;;
	*) echo "$1" ;;
	esac
}

have() { # have TOOL
	case $1 in
	certificates) ;;
	postgres) # a server, which Debian keeps out of the PATH
		command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
		return
		;;
	*)
		command -v "$1" >/dev/null
		return
		;;
	esac
	[ -n "${SSL_CERT_FILE:-}" ] || [ -e /etc/ssl/certs/ca-certificates.crt ] ||
		[ -e /etc/pki/tls/certs/ca-bundle.crt ] || [ -e /etc/ssl/cert.pem ]
}

command -v go >/dev/null || { echo "setup: go is not on the PATH; see https://go.dev/doc/install" >&2; exit 1; }
IFS=. read -r _ minor _ <<<"$(GOTOOLCHAIN=local go env GOVERSION)"
if [ "${minor%%[!0-9]*}" -lt 21 ]; then
	echo "setup: this Go is older than 1.21, which is the first that fetches the release named in go.mod" >&2
	exit 1
fi

missing=()
for tool in "$@"; do
	# shellcheck disable=SC2207 # package names hold no blanks
	have "$tool" || missing+=($(package_of "$tool"))
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
if ! command -v apt-get >/dev/null || { [ ${#sudo[@]} -gt 0 ] && ! command -v sudo >/dev/null; }; then
	echo "setup: missing: ${missing[*]} (Debian's names). Neither root nor sudo, or no apt-get:" \
		"please install them by your system's means and try again" >&2
	exit 1
fi
echo "setup: installing ${missing[*]}"
apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ apt update && apt install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || {
	cat "$log" >&2
	echo "setup: apt-get could not install ${missing[*]}; the reason is above" >&2
	exit 1
}
