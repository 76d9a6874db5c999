/** Files as the seed's experiments 10 and 11 wrote them by hand, with what cAdvisor's readers ask for besides. */
const common = { "cgroup.procs": "", tasks: "" };

/** Cgroup files made by hand, by controller and name. They are plain files: nothing is counted and nothing limited. */
export const cgroupFiles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpu: {
    ...common,
    "cpu.shares": "1024\n",
    "cpu.cfs_period_us": "100000\n",
    "cpu.cfs_quota_us": "-1\n",
    "cpu.stat": "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
  },
  cpuacct: {
    ...common,
    "cpuacct.usage": "0\n",
    // What gVisor lacks and cAdvisor's statistics end without (cgroups v0.0.6, fs/cpuacct.go).
    "cpuacct.usage_percpu": "0 0\n",
    "cpuacct.stat": "user 0\nsystem 0\n",
  },
  memory: {
    ...common,
    "memory.limit_in_bytes": "9223372036854771712\n",
    "memory.usage_in_bytes": "0\n",
    "memory.max_usage_in_bytes": "0\n",
    "memory.failcnt": "0\n",
    "memory.use_hierarchy": "1\n",
    "memory.stat": "cache 0\nrss 0\nmapped_file 0\ntotal_inactive_file 0\n",
  },
  cpuset: { ...common, "cpuset.cpus": "0-1\n", "cpuset.mems": "0\n" },
  pids: { ...common, "pids.current": "1\n", "pids.max": "max\n" },
};
