package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

func (c *cli) checkCommand() *cobra.Command {
	var o chosenEnd
	cmd := &cobra.Command{
		Use:     "check [NAME]",
		Short:   "Ask connectors whether their config works; all of them without a name",
		Example: "  knelt check -f shop.yaml\n  knelt check -f shop.yaml --destination lake",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, release := c.interruptible(cmd.Context())
			defer release()
			s, err := c.open(ctx, &o.location)
			return using(s, err, func(s *session) error {
				chosen, err := o.choose(s.set, first(args))
				if err != nil {
					return err
				}
				return c.check(ctx, s, &o, chosen)
			})
		},
	}
	o.flags(cmd)
	return cmd
}

// check asks each, also after one has failed: the user wants to see all that is
// to be mended. The gravest answer decides the exit code.
func (c *cli) check(ctx context.Context, s *session, o *chosenEnd, chosen []document) error {
	width := 0
	for _, d := range chosen {
		width = max(width, utf8.RuneCountInString(d.String()))
	}
	var failed, wrong error
	for _, d := range chosen {
		answer, err := c.checkOne(ctx, s, o, d)
		fmt.Fprintf(c.stdout, "%-*s  %s\n", width, d, c.answer(answer, err))
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case err == nil && answer.Status == airbyte.CheckSucceeded:
		case mendable(err):
			wrong = errors.Join(wrong, err)
		default:
			failed = &endedError{store.Failed}
		}
	}
	if wrong != nil {
		return wrong
	}
	return failed
}

func (c *cli) checkOne(ctx context.Context, s *session, o *chosenEnd, d document) (*airbyte.ConnectionStatusResult, error) {
	end, err := d.prepare(ctx, s.engine)
	if err != nil {
		return nil, err
	}
	return s.engine.Check(ctx, end, c.log(o.verbose))
}

// mendable tells whether err is of what the user wrote. It is printed in full,
// with files and lines, after the answers.
func mendable(err error) bool {
	return errors.As(err, new(*engine.ConfigError)) || errors.As(err, new(*connector.StartError))
}

func (c *cli) answer(answer *airbyte.ConnectionStatusResult, err error) string {
	switch {
	case mendable(err):
		return c.style.Bad("not asked") + ": what is written is to be mended first"
	case err != nil:
		return c.style.Bad("no answer") + ": " + report.Clean(err.Error())
	case answer.Status == airbyte.CheckSucceeded:
		return c.style.Good("succeeded")
	case strings.TrimSpace(answer.Message) == "":
		return c.style.Bad("FAILED") + ": the connector gave no reason (-v shows what it logs)"
	}
	return c.style.Bad("FAILED") + ": " + report.Clean(answer.Message)
}
