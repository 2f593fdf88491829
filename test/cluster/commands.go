package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"knelt.dev/test/cluster/internal/cluster"
	"knelt.dev/test/cluster/internal/host"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
	"knelt.dev/test/cluster/internal/registry"
)

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "cluster",
		Short:         "a real Kubernetes with Knative on this machine",
		SilenceErrors: true, SilenceUsage: true,
	}
	cmd.AddCommand(check(), up(), down(), status(), kubectl(), apply(), pushImage(), enter(), node(), runMachine(), runRegistry())
	cmd.CompletionOptions.DisableDefaultCmd = true
	return cmd
}

func check() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "say what this machine lacks to run a cluster (exit code 1)", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return host.Check() },
	}
}

func up() *cobra.Command {
	var o cluster.Options
	cmd := &cobra.Command{
		Use: "up", Short: "bring the cluster up, as far as it is not", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cluster.Up(cmd.Context(), o); err != nil {
				return err
			}
			fmt.Println("export KUBECONFIG=" + layout.Kubeconfig)
			return nil
		},
	}
	cmd.Flags().BoolVar(&o.Bare, "bare", false, "without Knative")
	return cmd
}

func down() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "remove the cluster, whatever is left of it", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return cluster.Down() },
	}
}

func status() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "say what runs, and what is not ready (exit code 1)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cluster.Status(cmd.Context(), os.Stdout) },
	}
}

func kubectl() *cobra.Command {
	return &cobra.Command{
		Use: "kubectl ARGS...", Short: "run kubectl as the administrator", DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error { return cluster.Kubectl(cmd.Context(), args...) },
	}
}

// runMachine and runRegistry are started by up.
func runMachine() *cobra.Command {
	return &cobra.Command{
		Use: machine.Command + " NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return machine.Main(args[0]) },
	}
}

func runRegistry() *cobra.Command {
	return &cobra.Command{
		Use: "registry FOLDER", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return registry.Serve(cmd.Context(), args[0], layout.Registry)
		},
	}
}
