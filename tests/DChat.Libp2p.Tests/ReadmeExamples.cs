using System.Net;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Transports.Memory;
using DChat.Libp2p.Transports.Tcp;
using DChat.Libp2p.Transports.WebSocket;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Libp2p.Tests;

/// <summary>The examples of the README, word for word.</summary>
public static class ReadmeExamples
{
    public static async Task ChatAsync(string[] args)
    {
        await using var host = new Libp2pHost(new Libp2pOptions { ListenAddresses = { Multiaddr.Parse("/ip4/127.0.0.1/tcp/0") } });
        await using var gossip = new Gossipsub(host, new GossipsubOptions());
        await host.StartAsync();
        await gossip.StartAsync();
        gossip.Subscribe("/chat/lobby", new GossipTopicOptions
        {
            Validator = (message, stop) =>
            {
                Console.WriteLine($"{message.ReceivedFrom}: {Encoding.UTF8.GetString(message.Data.Span)}");
                return ValueTask.FromResult(GossipVerdict.Accept);
            },
        });
        Console.WriteLine($"I am {host.ListenAddresses[0].WithPeer(host.LocalPeer)}");
        foreach (var peer in args)
        {
            await host.ConnectAsync(Multiaddr.Parse(peer));
        }

        while (await Console.In.ReadLineAsync() is { } line)
        {
            gossip.Publish("/chat/lobby", Encoding.UTF8.GetBytes(line));
        }
    }

    public static async Task RequestsAsync()
    {
        var network = new MemoryTransport();
        await using var alice = new Libp2pHost(new Libp2pOptions { Transports = { network }, ListenAddresses = { Multiaddr.Parse("/memory/alice") } });
        alice.SetRequestHandler(Weather.Protocol, (question, context, stop) => ValueTask.FromResult(new Answer(question.City == "Oslo" ? -3 : 20)));
        await alice.StartAsync();

        await using var bob = new Libp2pHost(new Libp2pOptions { Transports = { network } });
        var connection = await bob.ConnectAsync(alice.ListenAddresses[0]);
        var answer = await bob.RequestAsync(connection, Weather.Protocol, new Question("Oslo"));
        Console.WriteLine($"{answer.Celsius} °C");
    }

    public static async Task TwoHostsAsync()
    {
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        await using var alice = new Libp2pHost(options);
        alice.SetStreamHandler("/shout/1.0.0", async (stream, stop) =>
        {
            var name = await LengthPrefixed.ReadAsync(stream.Input, maxLength: 100, stop);
            LengthPrefixed.Write(stream.Output, Encoding.UTF8.GetBytes($"HELLO {Encoding.UTF8.GetString(name!).ToUpperInvariant()}"));
        });
        await alice.StartAsync();

        await using var bob = new Libp2pHost(new Libp2pOptions());
        var connection = await bob.ConnectAsync(alice.ListenAddresses[0].WithPeer(alice.LocalPeer));
        await using var stream = await bob.NewStreamAsync(connection, ["/shout/1.0.0"]);
        LengthPrefixed.Write(stream.Output, "bob"u8);
        await stream.CloseWriteAsync();
        var answer = await LengthPrefixed.ReadAsync(stream.Input, maxLength: 200);
        Console.WriteLine(Encoding.UTF8.GetString(answer!));
    }

    public static void AddNat(IServiceCollection services)
    {
        services.AddAutoNat();
        services.AddDcutr();
    }

    public static async Task GossipAsync(Libp2pHost host)
    {
        await using var gossip = new Gossipsub(host, new GossipsubOptions());
        await gossip.StartAsync();
        gossip.Subscribe("/example/news", new GossipTopicOptions
        {
            Validator = (message, stop) =>
            {
                Console.WriteLine($"{message.ReceivedFrom}: {Encoding.UTF8.GetString(message.Data.Span)}");
                return ValueTask.FromResult(message.Data.Length < 1000 ? GossipVerdict.Accept : GossipVerdict.Reject);
            },
        });
        var published = gossip.Publish("/example/news", "hello, all"u8.ToArray());
        Console.WriteLine($"{published.MessageId} goes to {published.PeerCount} peers");
    }

    public static void BehindProxies(Libp2pOptions options)
    {
        var web = new WebSocketOptions();
        web.Proxies.TrustedNetworks.Add(IPNetwork.Parse("10.0.0.0/8"));
        options.Transports.Clear();
        options.Transports.Add(new TcpTransport());
        options.Transports.Add(new WebSocketTransport(web));
    }

    public static async Task KademliaAsync(Libp2pHost host, Multiaddr bootstrap)
    {
        var options = new KademliaOptions { Prefix = "/example", Mode = KademliaMode.Server };
        options.Bootstrap.Add(bootstrap); // /ip4/…/tcp/4001/p2p/12D3Koo…
        await using var dht = new KademliaDht(host, options);
        await dht.StartAsync();
        await dht.Ready;

        var topic = Multihash.Sha256("chess players"u8);
        await dht.ProvideAsync(topic);
        await foreach (var player in dht.FindProvidersAsync(topic))
        {
            Console.WriteLine($"{player.Peer} at {string.Join(' ', player.Addresses)}");
        }
    }

    public static void DependencyInjection(IServiceCollection services)
    {
        services.AddLibp2p(options => options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")));
        services.AddStreamHandler("/echo/1.0.0", _ => (stream, stop) => stream.Input.CopyToAsync(stream.Output, stop));
        services.AddRequestHandler<WeatherHandler, Question, Answer>(Weather.Protocol);
        services.AddGossipsub();
        services.AddKademlia(options => options.Prefix = "/example");
        services.AddCircuitRelay();
    }
}
