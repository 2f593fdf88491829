// A source on the TypeScript kit of faros.ai: numbers from 1 to `count`, read
// incrementally, and three colours, always read whole. The kit, not this file,
// decides what its messages look like.
const kit = require('faros-airbyte-cdk');

class Numbers extends kit.AirbyteStreamBase {
  constructor(logger, config) {
    super(logger);
    this.config = config;
  }
  get name() { return 'numbers'; }
  get primaryKey() { return 'id'; }
  get cursorField() { return 'id'; }
  get stateCheckpointInterval() { return this.config.records_per_state ?? 100; }
  getJsonSchema() {
    return {type: 'object', properties: {id: {type: 'integer'}, name: {type: 'string'}, pad: {type: 'string'}}};
  }
  async *readRecords(mode, cursor, slice, state) {
    const from = mode === kit.SyncMode.INCREMENTAL ? state?.id ?? 0 : 0;
    for (let id = from + 1; id <= this.config.count; id++) {
      if (id === this.config.fail_at) throw new Error(`no number ${id} today`);
      if (this.config.pause_ms) await new Promise((done) => setTimeout(done, this.config.pause_ms));
      yield {id, name: `n\u00famero ${id}`, pad: 'x'.repeat(this.config.pad ?? 0)};
    }
  }
  getUpdatedState(state, latest) { return {id: latest.id}; }
}

class Colours extends kit.AirbyteStreamBase {
  get name() { return 'colours'; }
  get primaryKey() { return 'name'; }
  getJsonSchema() { return {type: 'object', properties: {name: {type: 'string'}}}; }
  async *readRecords() { for (const name of ['red', 'green', 'blue']) yield {name}; }
}

class Source extends kit.AirbyteSourceBase {
  get type() { return 'counting'; }
  async spec() {
    return new kit.AirbyteSpec({connectionSpecification: {
      $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', required: ['count'],
      properties: {count: {type: 'integer'}, token: {type: 'string', airbyte_secret: true}},
    }});
  }
  async checkConnection(config) {
    return config.count < 0 ? [false, new Error('nobody can count to less than nothing')] : [true, undefined];
  }
  streams(config) { return [new Numbers(this.logger, config), new Colours(this.logger)]; }
}

const logger = new kit.AirbyteSourceLogger();
new kit.AirbyteSourceRunner(logger, new Source(logger)).mainCommand().parseAsync(process.argv);
