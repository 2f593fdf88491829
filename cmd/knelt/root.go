package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
)

// cli is one run of the program.
type cli struct {
	*machine
	stdout, stderr *output
	style          report.Style
	// understood tells that the command line was: errors before are of usage.
	understood bool
}

// run is the whole program; it gives the exit code.
func run(args []string, m *machine) int {
	c := &cli{machine: m, stdout: &output{w: m.stdout}, stderr: &output{w: m.stderr}}
	c.style.Colour = m.terminal != nil && m.getenv("NO_COLOR") == ""
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	root := c.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !c.understood && !errors.As(err, new(*usageError)) {
		err = usagef("%v (knelt --help tells how it is used)", err)
	}
	err = errors.Join(err, c.stdout.failure())
	printError(c.stderr, err)
	return exitCode(err)
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "knelt",
		Short: "Move data with Airbyte-protocol connectors, from files on this machine",
		Long: `Knelt moves data from any Airbyte-protocol source to any Airbyte-protocol destination.

Sources, Destinations and Connections are written in YAML files, named by -f
(default: knelt.yaml, or the files of the current folder). State and logs are
kept in the home: the folder .knelt beside the file, unless --home or KNELT_HOME
names another.

Exit codes: 0 succeeded, 1 failed, 2 usage or configuration, 3 incomplete,
130 interrupted.`,
		SilenceErrors: true, SilenceUsage: true,
		Args:              cobra.NoArgs,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.AddCommand(
		c.syncCommand(), c.resetCommand(), c.cancelCommand(), c.connectionsCommand(),
		c.specCommand(), c.checkCommand(), c.discoverCommand(), c.validateCommand(),
		c.stateCommand(), c.syncsCommand(), c.logsCommand(), c.serveCommand(), c.tokenCommand(), c.versionCommand(),
	)
	c.noteUnderstood(root)
	return root
}

// noteUnderstood notes when a command itself begins: cobra judges flags until
// then, some of them after its hooks.
func (c *cli) noteUnderstood(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		c.noteUnderstood(sub)
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c.understood = true
		return run(cmd, args)
	}
}
