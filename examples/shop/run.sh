#!/usr/bin/env bash
# The sample: a made-up shop's rows go into an SQLite file, twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
knelt=../../bin/knelt

# The source's config refers to ${env:SHOP_KEY}, as a real one would to a secret.
export SHOP_KEY="${SHOP_KEY:-sample-key}"

# Afresh each time, so that the second sync has something new to bring.
rm -rf .knelt shop.db shop.db-*

echo "== 1. A shop with 1,000 users. The command: bin/knelt sync -f examples/shop"
"$knelt" sync -f .
echo
echo "== 2. The shop has 200 users more (count: 1200), with 2 purchases each. The source"
echo "==    goes on from its state, so only the new rows move."
sed 's/count: 1000/count: 1200/' shop.yaml | "$knelt" sync -f -

echo
echo "== The newest users in examples/shop/shop.db:"
if command -v sqlite3 >/dev/null; then
	sqlite3 -header -column shop.db 'SELECT id, name, country, updated_at FROM users ORDER BY id DESC LIMIT 3'
else
	# A connector is a program like any other: this one prints the table's rows.
	../../bin/source-sqlite read --config <(echo '{"path": "shop.db"}') --catalog <(echo '{"streams": [
		{"stream": {"name": "users", "json_schema": {}}, "sync_mode": "full_refresh", "destination_sync_mode": "append"}]}') |
		grep '"RECORD"' | tail -n 3
fi
echo
echo "The rows are in examples/shop/shop.db. To see them:"
echo "  sqlite3 -box examples/shop/shop.db 'SELECT * FROM purchases LIMIT 5'    (apt install sqlite3)"
echo "What happened, and what the programs said:"
echo "  bin/knelt syncs -f examples/shop"
echo "  bin/knelt logs -f examples/shop"
echo "All of it in a browser, with schedules, at http://127.0.0.1:8080:"
echo "  bin/knelt serve -f examples/shop"
