package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// parsed is the node's configuration as the plugin sees it.
func (n *node) parsed() *config {
	n.t.Helper()
	data, err := json.Marshal(n.conf)
	if err != nil {
		n.t.Fatal(err)
	}
	conf, err := parseConfig(data)
	if err != nil {
		n.t.Fatal(err)
	}
	return conf
}

func TestConfigErrorsSayWhatToDo(t *testing.T) {
	valid := map[string]any{"linkPrefix": "sk0-", "subnet": "10.244.0.0/24", "gateway": "10.244.0.1", "dataDir": "/var/lib/sandkube/cni"}
	for _, test := range []struct {
		field string
		value any
		want  string
	}{
		{"linkPrefix", "", `"linkPrefix" must be one to seven letters or digits and a hyphen`},
		{"linkPrefix", "sk0", `"linkPrefix" must be one to seven letters or digits and a hyphen`},
		{"linkPrefix", "sk-0-", `"linkPrefix" must be one to seven letters or digits and a hyphen`},
		{"linkPrefix", "too-long-", `"linkPrefix" must be one to seven letters or digits and a hyphen`},
		{"dataDir", "relative", `"dataDir" must be an absolute path`},
		{"subnet", "10.244.0.0", `"subnet" must be a CIDR`},
		{"subnet", "10.244.0.1/24", `write "10.244.0.0/24"`},
		{"subnet", "10.244.0.0/31", "use a larger network"},
		{"subnet", "fd00::/64", `"gateway" (10.244.0.1) must be a host address inside`},
		{"gateway", "10.245.0.1", "must be a host address inside"},
		{"gateway", "10.244.0.0", "must be a host address inside"},
		{"gateway", "10.244.0.255", "must be a host address inside"},
		{"subnet6", "fd00::/64", `"gateway6" must be an address`},
		{"mtu", 20, `"mtu" must be 0`},
	} {
		conf := map[string]any{test.field: test.value}
		for key, value := range valid {
			if _, set := conf[key]; !set {
				conf[key] = value
			}
		}
		data, _ := json.Marshal(conf)
		if _, err := parseConfig(data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s=%v: %v, want %q", test.field, test.value, err, test.want)
		}
	}
	data, _ := json.Marshal(valid)
	if _, err := parseConfig(data); err != nil {
		t.Error(err)
	}
}

func TestVethNamesFillWhatTheKernelAllows(t *testing.T) {
	for _, prefix := range []string{"a-", "sk0-", "sandkub-"} {
		name := hostVethName(&config{LinkPrefix: prefix}, owner{strings.Repeat("f", 64), "eth0"})
		if len(name) != 15 || !strings.HasPrefix(name, prefix) {
			t.Errorf("unusable name %q", name)
		}
	}
}
