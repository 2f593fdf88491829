package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/token"
)

func (c *cli) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make tokens for the API",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.tokenNew())
	return cmd
}

func (c *cli) tokenNew() *cobra.Command {
	var name, scope, file string
	var lasts time.Duration
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make a token: it is shown once, and only its hash is to be kept",
		Long: `New makes a token and prints it, and the line of its hash that the server has to
know: a line of the file that knelt serve --token-file names, or of the Secret
of the function. Scopes: read sees everything but secrets, run starts and ends
syncs too, admin deletes rows, sets states and runs any program.`,
		Example: "  knelt token new --name dashboard --scope run --add-to tokens",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			expires := time.Time{}
			if lasts > 0 {
				expires = time.Now().Add(lasts)
			}
			secret, made, err := token.New(name, api.Scope(scope), expires)
			if err != nil {
				return usagef("%v", err)
			}
			if file == "" {
				fmt.Fprintf(c.stdout, "token: %s\nline:  %s\n", secret, made)
				return nil
			}
			if err := appendLine(file, made.String()); err != nil {
				return err
			}
			fmt.Fprintln(c.stdout, secret)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "knelt", "who uses it: logs show this")
	cmd.Flags().StringVar(&scope, "scope", "read", "what it may do: read, run or admin")
	cmd.Flags().DurationVar(&lasts, "expires", 0, "how long it counts, such as 720h (default for ever)")
	cmd.Flags().StringVar(&file, "add-to", "", "add the line to this file, and print the token alone")
	return cmd
}

func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return usagef("%v", err)
	}
	_, err = fmt.Fprintln(f, line)
	return errors.Join(err, f.Close())
}
