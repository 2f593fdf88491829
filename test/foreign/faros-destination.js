// The published destination has no program of its own; this is what its image runs.
require('airbyte-faros-destination').mainCommand().parseAsync(process.argv);
