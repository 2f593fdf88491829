// Package podfiles is the directory by which the two halves of a bridge meet: the
// launcher in the connector's container and the sidecar beside it. It lies on a
// memory volume that both containers mount at the same path, and both run as the
// same user. Nothing else is shared: no network, no process namespace.
//
//	DIR/sidecar.started   made by the sidecar's first start; a second one finds it
//	DIR/sidecar.alive     FIFO, held open by the sidecar while it lives; carries its bells
//	DIR/launcher.alive    FIFO, held open by the launcher while it lives; carries its bells
//	DIR/stdin             FIFO, from the sidecar to the connector
//	DIR/stdout, stderr    FIFOs, from the connector to the sidecar
//	DIR/files/*.json      config, catalog, state: private, writable by the connector
//	DIR/start.json        the connector's arguments, written by the sidecar once all files are there
//	DIR/terminate         the sidecar asks the launcher to end the connector
//	DIR/exit.json         how the connector ended, written by the launcher
//
// The order of things:
//
//	sidecar                                   launcher
//	Claim, Prepare, OpenStreams,
//	Watch(Launcher), Appear                   Await(Sidecar), Appear
//	Peer.Await
//	files, WriteStart, Ring(Look)             Next -> Look: ReadStart
//	                                          OpenChild, starts the connector,
//	                                          closes its ends, Ring(Started)
//	Next -> Started: Streams.LetGo            ...
//	WriteTerminate, Ring(Look)                Next -> Look: ReadTerminate
//	Next -> Exited: ReadExit                  WriteExit, Ring(Exited), exits
//
// No call blocks on a FIFO whose other end is missing: Await and Next are the
// only ones that wait, and a context or Close ends them.
package podfiles
