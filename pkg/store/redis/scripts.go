package redis

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

// The scripts of leases share a prelude: names of keys, time, the fence.
var (
	//go:embed lua/prelude.lua
	prelude string
	//go:embed lua/acquire.lua
	acquireLua string
	//go:embed lua/renew.lua
	renewLua string
	//go:embed lua/end.lua
	endLua string
	//go:embed lua/checkpoint.lua
	checkpointLua string
	//go:embed lua/clear.lua
	clearLua string
	//go:embed lua/sync.lua
	syncLua string
	//go:embed lua/syncs.lua
	syncsLua string
	//go:embed lua/saveplan.lua
	savePlanLua string
	//go:embed lua/dropplan.lua
	dropPlanLua string
	//go:embed lua/plans.lua
	plansLua string
	//go:embed lua/swapmemo.lua
	swapMemoLua string

	acquireScript    = redis.NewScript(prelude + acquireLua)
	renewScript      = redis.NewScript(prelude + renewLua)
	endScript        = redis.NewScript(prelude + endLua)
	checkpointScript = redis.NewScript(prelude + checkpointLua)
	clearScript      = redis.NewScript(prelude + clearLua)
	syncScript       = redis.NewScript(prelude + syncLua)
	syncsScript      = redis.NewScript(prelude + syncsLua)

	// Plans are written without a lease.
	savePlanScript = redis.NewScript(savePlanLua)
	dropPlanScript = redis.NewScript(dropPlanLua)
	plansScript    = redis.NewScript(plansLua)

	swapMemoScript = redis.NewScript(swapMemoLua)
)

// The first word of a script's answer.
const (
	answerOK       = "ok"       // done; then what the write answers
	answerHeld     = "held"     // then the lease's fields and values
	answerFenced   = "fenced"   //
	answerLate     = "late"     // a later write of the same lease was first
	answerLegacy   = "legacy"   // a LEGACY checkpoint has no streams to clear
	answerChanged  = "changed"  // the GLOBAL state is not the one that was cut
	answerNotFound = "notfound" // no such sync
)
