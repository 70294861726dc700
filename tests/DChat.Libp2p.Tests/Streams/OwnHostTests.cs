using System.Reflection;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Ping;
using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Streams;

/// <summary>What a user needs who writes a host of another kind, for tests above all.</summary>
public sealed class OwnHostTests : IDisposable
{
    private static readonly RequestProtocol<string, string> Shout = new("/shout/1.0.0", MessageCodecs.Text, MessageCodecs.Text);

    private readonly PipeHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_protocol_runs_on_a_host_that_a_user_wrote()
    {
        _host.SetStreamHandler(PingProtocol.Id, async (stream, token) =>
        {
            var ping = await stream.Input.ReadExactlyAsync(PingProtocol.Length);
            await stream.Output.WriteAsync(ping, token);
        });

        Assert.True(await _host.PingAsync(_host.Visitor, TestContext.Current.CancellationToken) >= TimeSpan.Zero);
    }

    [Fact]
    public async Task Requests_are_answered_on_a_host_that_a_user_wrote()
    {
        RequestContext? asked = null;
        _host.SetRequestHandler(Shout, (request, context, _) =>
        {
            asked = context;
            return ValueTask.FromResult(request.ToUpperInvariant());
        });

        Assert.Equal("HELLO", await _host.RequestAsync(_host.Visitor, Shout, "hello", TestContext.Current.CancellationToken));
        Assert.Equal(new RequestContext(_host.Visitor, _host.Connection.RemoteAddress), asked);
    }

    [Fact]
    public async Task Events_of_a_host_that_a_user_wrote_are_read_as_any()
    {
        using var events = _host.Subscribe();
        _host.Events.Publish(new PeerEvent.ConnectionOpened(_host.Connection, IsFirst: true));

        Assert.Equal(1, (await events.NextAsync<PeerEvent.ConnectionOpened>()).OpenCount);
        _host.Events.Complete();
        Assert.False(await events.GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync());
    }

    [Fact]
    public async Task A_host_signs_what_its_key_verifies_and_keeps_its_private_key()
    {
        await using var network = new TestNetwork();
        var host = await network.StartAsync("alice");
        var signature = host.Sign("data"u8);
        var envelope = SignedEnvelope.Seal(host.PublicKey, host.Sign, "domain", [1], "payload"u8);

        Assert.True(host.PublicKey.Verify("data"u8, signature));
        Assert.Equal(host.LocalPeer, host.PublicKey.Peer);
        Assert.True(envelope.Verify("domain"));
        Assert.DoesNotContain(typeof(Libp2pHost).GetMembers(), m => m is PropertyInfo property && property.PropertyType == typeof(PrivateKey));
    }

    [Fact]
    public void Every_public_interface_can_be_implemented_by_a_user() =>
        Assert.Empty(
            from type in typeof(ILibp2pHost).Assembly.GetExportedTypes()
            where type.IsInterface
            from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            where !method.IsPublic
            select $"{type.Name}.{method.Name}");

    // A user's stub returns them, and cannot return what it cannot make. Signs of a way: a constructor, a static method, or an interface.
    [Fact]
    public void Everything_that_a_host_hands_out_can_be_made_by_a_user() =>
        Assert.Empty(
            from type in typeof(ILibp2pHost).GetMethods().Select(m => ResultOf(m.ReturnType)).Distinct()
            where type.Assembly == typeof(ILibp2pHost).Assembly && !type.IsInterface && type.GetConstructors().Length == 0
            where !typeof(ILibp2pHost).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance))
                .Any(m => m.ReturnType == type && m.DeclaringType is { IsInterface: false } maker && (m.IsStatic || maker.GetConstructor([]) is not null))
            select type.Name);

    private static Type ResultOf(Type type) => type.IsGenericType ? ResultOf(type.GetGenericArguments()[0]) : type;
}
