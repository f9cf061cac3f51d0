// Reads a Grafana dashboard as Grafana's own generated types have it: a field that they do not know, one of another type, and one that
// they ask for and is not there are faults. Values of enumerations are not looked at. go run . dashboard.json
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . dashboard.json")
		os.Exit(2)
	}
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	// Options and field settings of each type of panel.
	plugins.RegisterDefaultPlugins()
	var board dashboard.Dashboard
	fail(board.UnmarshalJSONStrict(raw))
	fail(board.Validate())
	fmt.Printf("%d panels\n", len(board.Panels))
}

// An error that says nothing is an empty list of faults.
func fail(err error) {
	if err == nil || err.Error() == "" {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
