#!/bin/sh
# Runs a command in the environment of a machine that nobody has set up: HOME, PATH, LANG, CI, and what the package
# tools need to reach their indexes (proxies, certificates, the settings of pip, uv and npm). What works only with
# another variable of somebody's machine fails here.
set -eu

set -- PATH="$PATH" "$@"
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case "$name" in
    HOME | LANG | CI) ;;
    PIP_* | UV_* | npm_config_* | NPM_CONFIG_*) ;;
    http_proxy | https_proxy | no_proxy | all_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY) ;;
    SSL_CERT_FILE | SSL_CERT_DIR | REQUESTS_CA_BUNDLE | CURL_CA_BUNDLE | NODE_EXTRA_CA_CERTS | GIT_SSL_CAINFO) ;;
    *) continue ;;
    esac
    # A line of a value can look like a variable: only what is one is handed on.
    eval "[ -n \"\${$name+set}\" ]" || continue
    eval "set -- \"\$name=\$$name\" \"\$@\""
done
exec env -i "$@"
