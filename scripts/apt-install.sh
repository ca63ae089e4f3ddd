#!/bin/sh
# Install Debian packages when root; otherwise say which command an administrator must run.
set -eu
if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are needed: $*" >&2
    echo "Run as root: apt-get install $*" >&2
    exit 2
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@" >/dev/null
