using System.Globalization;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>
/// One core and two edges on one data directory, each in a process of its own, as the README starts them. The primary is
/// the first edge.
/// </summary>
public sealed class MachineCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private MachineCluster()
    {
    }

    public string DataDirectory => _folder["data"];

    public SiloProcess Primary { get; private set; } = null!;

    public SiloProcess Core { get; private set; } = null!;

    public SiloProcess Edge { get; private set; } = null!;

    public static async Task<MachineCluster> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var cluster = new MachineCluster();
        try
        {
            cluster.Primary = await SiloProcess.StartAsync(
                Silos.In(cluster.DataDirectory) with { Arguments = ["--role", "edge", "--name", "edge-1", .. arguments] }, cancellationToken);
            cluster.Core = await SiloProcess.StartAsync(cluster.Member(["--role", "core", .. arguments]), cancellationToken);
            cluster.Edge = await SiloProcess.StartAsync(
                cluster.Member(["--role", "edge", "--name", "edge-2", .. arguments]), cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of another silo of the cluster, not started.</summary>
    public SiloSettings Member(IReadOnlyList<string> arguments) => Silos.In(DataDirectory) with
    {
        Arguments =
        [
            "--primary", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Primary.Settings.SiloPort}"), .. arguments,
        ],
    };

    /// <summary>What all processes have printed, for failure messages.</summary>
    public string Describe() => string.Join(
        '\n', new[] { Primary, Core, Edge }.Where(silo => silo is not null).Select(silo => silo.Process.Describe("was part of the cluster")));

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in new[] { Edge, Core, Primary })
        {
            if (silo is not null)
            {
                await silo.DisposeAsync();
            }
        }

        _folder.Dispose();
    }
}
