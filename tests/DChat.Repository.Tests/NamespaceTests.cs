using System.Reflection;
using DChat.Repository.Tests.Floors;
using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

/// <summary>The floors of the projects that have many: an arrow between two namespaces points down.</summary>
public sealed class NamespaceTests
{
    private static readonly NamespaceFloors Core = new(
        "DChat.Core",
        "", "Wire", "Keys", "Clocks", "Topics", "Statements", "Identity", "Envelopes", "Sealing", "Merkle", "Reconciliation", "Segments", "Shards", "Admission", "Relays",
        "Peers", "Protocol");

    private static readonly NamespaceFloors Libp2p = new(
        "DChat.Libp2p",
        "", "Multiformats", "Wire", "Identity", "Addresses", "Names", "Transports", "Transports.Memory", "Transports.Proxies", "Transports.Tcp",
        "Transports.WebSocket", "Negotiation", "Noise", "Yamux", "Swarm", "Resources", "Peers", "Streams", "Protocols.Identify", "Protocols.Ping", "Protocols.Perf",
        "Protocols.RequestResponse", "Protocols.Gossip", "Protocols.Kad", "Protocols.CircuitRelay", "Protocols.AutoNat", "Protocols.Dcutr", "Host",
        "Hosting");

    private static readonly NamespaceFloors Fake = new("DChat.Repository.Tests.Fakes", "Low", "High");

    [Fact]
    public void Namespaces_of_the_core_use_only_what_is_below_them() =>
        Finding.AssertNone(Core.Faults(RepositoryTree.Current, Assembly.Load("DChat.Core")));

    [Fact]
    public void Namespaces_of_libp2p_use_only_what_is_below_them() =>
        Finding.AssertNone(Libp2p.Faults(RepositoryTree.Current, Assembly.Load("DChat.Libp2p")));

    [Fact]
    public void An_arrow_upwards_is_found_in_a_method_body_without_a_using()
    {
        var finding = Assert.Single(Fake.Compiled([], typeof(Fakes.Low.Cellar).Assembly));

        Assert.Equal("Cellar uses Tower: the floor Low uses DChat.Repository.Tests.Fakes.High of the floor High above it.", finding.Message);
    }

    [Theory]
    [InlineData("using DChat.Repository.Tests.Fakes.High;\n\nnamespace DChat.Repository.Tests.Fakes.Low;", 1)]
    [InlineData("namespace DChat.Repository.Tests.Fakes.Low;\n\n// nameof(DChat.Repository.Tests.Fakes.High.Tower)", 3)]
    [InlineData("namespace DChat.Repository.Tests.Fakes.Low.Deeper;\n\nusing static DChat.Repository.Tests.Fakes.High.Tower;", 3)]
    [InlineData("using DChat.Repository.Tests.Fakes.Low;\n\nnamespace DChat.Repository.Tests.Fakes.High;", 0)]
    [InlineData("namespace DChat.Repository.Tests.Fakes.Novel;", 1)]
    [InlineData("namespace DChat.Repository.Tests.Fakes;", 1)]
    public void An_arrow_upwards_in_the_text_is_found(string source, int line) =>
        Assert.Equal(line > 0 ? [line] : [], Fake.Written([TextFile.Of("src/X/A.cs", source)]).Select(finding => finding.Line));
}
