using Orleans.Configuration;

namespace DChat.Silo.Hosting;

/// <summary>
/// The cluster of the silos on one machine. The primary keeps the list of members in memory, so it must be there first and
/// last; any other may be killed and started again.
/// </summary>
internal static class MachineClustering
{
    // The defaults are for machines: 3 probes of 5 to 20 s. On loopback a silo that is gone refuses connections at once, and
    // one that does not answer for 3 s is stuck; the probes stretch by themselves when this process is slow.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
    private const int MissedProbes = 3;

    // Silos also tell each other of membership changes; a silo that missed that reads the table this often.
    private static readonly TimeSpan TableRefreshTimeout = TimeSpan.FromSeconds(5);

    public static ISiloBuilder UseMachineClustering(this ISiloBuilder silo, Configuration.SiloOptions options, string clusterId) => silo
        .UseLocalhostClustering(
            options.SiloPort, options.ClientPort, options.PrimaryAddress, serviceId: clusterId, clusterId: clusterId)
        .Configure<Orleans.Configuration.SiloOptions>(orleans => orleans.SiloName = options.SiloName)
        .UseMachineProbes();

    /// <summary>Silos that all run on this machine ask each other more often than others do.</summary>
    public static ISiloBuilder UseMachineProbes(this ISiloBuilder silo) => silo.Configure<ClusterMembershipOptions>(membership =>
    {
        membership.ProbeTimeout = ProbeTimeout;
        membership.NumMissedProbesLimit = MissedProbes;
        membership.TableRefreshTimeout = TableRefreshTimeout;
    });
}
