using System.Globalization;

namespace DChat.Testing.Processes;

/// <summary>Where one silo listens and keeps its data.</summary>
/// <param name="Assembly">The path of the silo's assembly.</param>
/// <param name="DataDirectory">Its data.</param>
public sealed record SiloSettings(string Assembly, string DataDirectory)
{
    public int SiloPort { get; init; } = LoopbackPorts.Take();

    public int ClientPort { get; init; } = LoopbackPorts.Take();

    public int AdminPort { get; init; } = LoopbackPorts.Take();

    /// <summary>The base address of health, metrics and dashboard.</summary>
    public Uri AdminAddress => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{AdminPort}"));

    /// <summary>Where it meets chat peers; null leaves it to the silo's default.</summary>
    public string? Libp2p { get; init; } = "/ip4/127.0.0.1/tcp/0";

    /// <summary>Further arguments; a later one of the same name is an error of the silo.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Further environment variables.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Starts the silo without waiting for anything.</summary>
    public ChildProcess Start() => ChildProcess.Start(
        Assembly,
        [
            "--data", DataDirectory,
            "--silo-port", SiloPort.ToString(CultureInfo.InvariantCulture),
            "--client-port", ClientPort.ToString(CultureInfo.InvariantCulture),
            "--http", AdminAddress.Authority,
            .. Libp2p is null ? (string[])[] : ["--listen", Libp2p],
            .. Arguments,
        ],
        Environment);
}
