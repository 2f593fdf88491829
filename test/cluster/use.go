package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/test/cluster/internal/cluster"
	"knelt.dev/test/cluster/internal/image"
)

func apply() *cobra.Command {
	var module, namespace string
	cmd := &cobra.Command{
		Use:   "apply FILES-OR-FOLDERS...",
		Short: "build and push the programs that manifests name by ko://IMPORT/PATH, and apply them",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return cluster.Apply(cmd.Context(), module, namespace, args)
		},
	}
	cmd.Flags().StringVar(&module, "module", ".", "a folder in the Go module of the programs")
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "", "for what the manifests name none; they may name no other")
	return cmd
}

func pushImage() *cobra.Command {
	var (
		module, binary, entrypoint, arguments string
		img                                   image.Image
		files                                 []string
	)
	cmd := &cobra.Command{
		Use:   "image [IMPORT/PATH] NAME[:TAG]",
		Short: "push an image of a Go program, of a binary, or of files, and print its reference by digest",
		Example: "  cluster image knelt.dev/connectors/source-faker faker:1\n" +
			"  cluster image --file /usr/bin/redis-server --libraries --entrypoint /usr/bin/redis-server redis:7",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			img.Entrypoint, img.Cmd = strings.Fields(entrypoint), strings.Fields(arguments)
			if img.Files, err = parseFiles(files); err != nil {
				return err
			}
			ref, err := push(cmd, module, binary, img, args)
			if err == nil {
				fmt.Println(ref)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&module, "module", ".", "a folder in the Go module of the program")
	flags.StringVar(&binary, "binary", "", "a binary that exists")
	flags.StringArrayVar(&files, "file", nil, "FROM[:AT], a file or folder to add")
	flags.BoolVar(&img.Libraries, "libraries", false, "add the shared libraries of the files")
	flags.StringVar(&img.Base, "base", "", "a root file system (tar, tar.gz) to begin with, instead of an almost empty one")
	flags.StringVar(&entrypoint, "entrypoint", "", "words of the command, instead of the program")
	flags.StringVar(&arguments, "cmd", "", "words of its default arguments")
	flags.StringVar(&img.User, "user", image.Nonroot, "the user's name or number")
	flags.StringVar(&img.Dir, "dir", "", "the working folder")
	flags.StringArrayVar(&img.Env, "env", nil, "NAME=VALUE")
	return cmd
}

func push(cmd *cobra.Command, module, binary string, img image.Image, args []string) (string, error) {
	to := args[len(args)-1]
	switch {
	case len(args) == 2 && binary != "":
		return "", fmt.Errorf("a Go program or a --binary, not both")
	case len(args) == 2:
		return cluster.PushProgram(cmd.Context(), module, args[0], img, to)
	case binary == "" && len(img.Files) == 0 && img.Base == "":
		return "", fmt.Errorf("an image of nothing: give an import path, --binary, --file or --base")
	}
	return cluster.PushBinary(cmd.Context(), binary, img, to)
}

// parseFiles reads FROM[:AT]. Without AT it is at the path that it has here.
func parseFiles(words []string) ([]image.File, error) {
	var files []image.File
	for _, w := range words {
		from, at, found := strings.Cut(w, ":")
		if !found {
			at = from
		}
		if !strings.HasPrefix(at, "/") {
			return nil, fmt.Errorf("%s: the place in the image begins with /", w)
		}
		files = append(files, image.File{From: from, At: at})
	}
	return files, nil
}

func enter() *cobra.Command {
	return &cobra.Command{
		Use: "nsenter -- COMMAND...", Short: "run a command in the cluster's network, with KUBECONFIG and its DNS",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return cluster.Enter(args) },
	}
}

func node() *cobra.Command {
	cmd := &cobra.Command{Use: "node", Short: "lose a node, or get it back"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "stop NAME", Short: "kill all that runs on a node at once, and cut its link", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return cluster.StopNode(args[0]) },
		},
		&cobra.Command{
			Use: "start NAME", Short: "boot a stopped node", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return cluster.StartNode(cmd.Context(), args[0]) },
		},
	)
	return cmd
}
