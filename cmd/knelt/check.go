package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

func (c *cli) checkCommand() *cobra.Command {
	var o chosenEnd
	var r remote
	var function string
	cmd := &cobra.Command{
		Use:     "check [NAME]",
		Short:   "Ask connectors whether their config works; all of them without a name",
		Example: "  knelt check -f shop.yaml\n  knelt check -f shop.yaml --destination lake",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			there := func(ctx context.Context, f *far) error { return f.check(ctx, &o, first(args)) }
			return c.orFar(cmd, &r, there, func() error {
				ctx, release := c.interruptible(cmd.Context())
				defer release()
				if function != "" {
					f, err := c.function(&r, function, "knelt-check")
					if err != nil {
						return err
					}
					return c.checkByFunction(ctx, &o, &r, f, first(args))
				}
				s, err := c.open(ctx, &o.location)
				return using(s, err, func(s *session) error { return c.checkHere(ctx, s, &o, &r, first(args)) })
			})
		},
	}
	o.flags(cmd)
	r.flags(cmd)
	functionFlag(cmd, &function, checkURL)
	return cmd
}

// checking is one question.
type checking struct {
	name string
	ask  func(context.Context) (*airbyte.ConnectionStatusResult, error)
}

func (c *cli) checkHere(ctx context.Context, s *session, o *chosenEnd, r *remote, name string) error {
	chosen, err := o.choose(documents(s.set), r, name)
	if err != nil {
		return err
	}
	var all []checking
	for _, d := range chosen {
		all = append(all, checking{d.String(), func(ctx context.Context) (*airbyte.ConnectionStatusResult, error) {
			return c.checkOne(ctx, s, o, d)
		}})
	}
	return c.check(ctx, all)
}

// check asks each, also after one has failed: the user wants to see all that is
// to be mended. The gravest answer decides the exit code.
func (c *cli) check(ctx context.Context, all []checking) error {
	width := 0
	for _, one := range all {
		width = max(width, utf8.RuneCountInString(one.name))
	}
	var failed, wrong error
	for _, one := range all {
		answer, err := one.ask(ctx)
		fmt.Fprintf(c.stdout, "%-*s  %s\n", width, one.name, c.answer(answer, err))
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
	var answered *client.Error
	return errors.As(err, new(*engine.ConfigError)) || errors.As(err, new(*connector.StartError)) ||
		errors.As(err, &answered) && answered.Status == http.StatusUnprocessableEntity
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
