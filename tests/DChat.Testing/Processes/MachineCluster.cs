using System.Globalization;

namespace DChat.Testing.Processes;

/// <summary>
/// One core and two edges on one data directory, each in a process of its own, as the README starts them. The primary is
/// the first edge.
/// </summary>
public sealed class MachineCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly IReadOnlyDictionary<string, string?> _environment;

    private MachineCluster(IReadOnlyDictionary<string, string?> environment) => _environment = environment;

    /// <summary>Arguments for clusters to which a few devices send what many authors would.</summary>
    public static IReadOnlyList<string> WithoutQuotas { get; } =
    [
        "--DChat:Admission:Author:TokensPerSecond=1000000",
        "--DChat:Admission:Author:Burst=10000000",
        "--DChat:Admission:Topic:TokensPerSecond=1000000",
        "--DChat:Admission:Topic:Burst=10000000",
        "--DChat:Admission:Source:TokensPerSecond=1000000",
        "--DChat:Admission:Source:Burst=10000000",
        "--DChat:Admission:Network:TokensPerSecond=1000000",
        "--DChat:Admission:Network:Burst=10000000",
    ];

    public string DataDirectory => _folder["data"];

    public SiloProcess Primary { get; private set; } = null!;

    public SiloProcess Core { get; private set; } = null!;

    public SiloProcess Edge { get; private set; } = null!;

    /// <summary>Starts all three and waits until they are ready.</summary>
    /// <param name="arguments">Further arguments of each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="environment">Further environment variables of each.</param>
    public static async Task<MachineCluster> StartAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var cluster = new MachineCluster(environment ?? new Dictionary<string, string?>());
        try
        {
            cluster.Primary = await SiloProcess.StartAsync(
                cluster.Settings(["--role", "edge", "--name", "edge-1", .. arguments]), cancellationToken);
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
    public SiloSettings Member(IReadOnlyList<string> arguments) => Settings(
        ["--primary", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Primary.Settings.SiloPort}"), .. arguments]);

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

    private SiloSettings Settings(IReadOnlyList<string> arguments) =>
        new(BuiltProgram.PathOf("DChat.Silo"), DataDirectory) { Arguments = arguments, Environment = _environment };
}
