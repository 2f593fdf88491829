#!/usr/bin/env bash
# The sample: a made-up shop's rows go into an SQLite file, twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The sample's config refers to ${env:SHOP_KEY}, as a real one would to a secret.
export SHOP_KEY="${SHOP_KEY:-sample-key}"

sync() { bin/knelt sync -f examples/shop shop-to-lake; }

echo "== knelt sync -f examples/shop shop-to-lake"
sync
echo
echo "== The same again. It is incremental now: the source goes on from the checkpoint"
echo "== that the first sync left, and only what is new since then is moved."
sync

db=examples/shop/shop.db
echo
echo "The rows are in $db. To see them:"
echo "  sqlite3 -box $db '.tables' 'SELECT * FROM users LIMIT 5'    (apt install sqlite3)"
echo "What happened, and what the programs said:"
echo "  bin/knelt syncs -f examples/shop shop-to-lake"
echo "  bin/knelt logs -f examples/shop shop-to-lake"
