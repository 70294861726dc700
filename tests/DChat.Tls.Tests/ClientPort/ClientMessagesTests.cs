using System.Buffers;
using System.Net;
using System.Reflection;
using DChat.Tls.ClientPort;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Serialization.Session;

namespace DChat.Tls.Tests.ClientPort;

public sealed class ClientMessagesTests : IDisposable
{
    private const string Client = "sys.client/0123456789abcdef0123456789abcdef";
    private const string NoClient = "it poses as a silo: its message names a sender that is no client";
    private const string NoAnswer = "it poses as a silo: it answers a call that is not made to clients";
    private const string NoTarget = "it poses as a silo: its message is for a part of silos that is not for clients";

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private SerializerSessionPool Sessions => _services.GetRequiredService<SerializerSessionPool>();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(1, Client, "syncshard/1", null)]
    [InlineData(3, Client, "syncshard/1", null)]
    [InlineData(1, Client + "+1", "syncshard/1", null)]
    [InlineData(1, Client, "sys.svc.manifest/127.0.0.1:1@1", null)]
    [InlineData(2, Client + "+1", "sys.svc.stream.agent/127.0.0.1:1@1", null)]
    [InlineData(1, "syncshard/1", "syncshard/2", NoClient)]
    [InlineData(1, "sys.svc.clustering/127.0.0.1:1@1", "syncshard/2", NoClient)]
    [InlineData(1, "sys.client/hosted-127.0.0.1:1@1", "syncshard/2", NoClient)]
    [InlineData(2, "syncshard/1", "sys.svc.stream.agent/127.0.0.1:1@1", NoClient)]
    [InlineData(2, Client, "syncshard/1", NoAnswer)]
    [InlineData(2, Client, "sys.client/hosted-127.0.0.1:1@1", NoAnswer)]
    [InlineData(2, Client, "sys.svc.stream.agent-mgr/127.0.0.1:1@1", NoAnswer)]
    [InlineData(1, Client, "sys.svc.silo-control/127.0.0.1:1@1", NoTarget)]
    [InlineData(3, Client, "sys.svc.clustering/127.0.0.1:1@1", NoTarget)]
    [InlineData(1, Client, "sys.svc.stream.agent/127.0.0.1:1@1", NoTarget)]
    [InlineData(1, Client, "sys.svc.user.0123456789abcdef0123456789/127.0.0.1:1@1", NoTarget)]
    public void A_message_is_a_clients_own_and_for_what_clients_may_reach(uint direction, string sender, string target, string? fault) =>
        Assert.Equal(fault, Fault(ForgedSender.Header(direction << 16, GrainId.Parse(sender), GrainId.Parse(target), Sessions)));

    [Fact]
    public void A_message_without_a_sender_is_no_clients() =>
        Assert.Equal(NoClient, Fault(ForgedSender.Header(1 << 16, default, GrainId.Parse("syncshard/1"), Sessions)));

    [Fact]
    public void A_header_that_ends_early_or_lies_about_lengths_is_malformed()
    {
        var header = ForgedSender.Header(1 << 16, GrainId.Parse(Client), GrainId.Parse("syncshard/1"), Sessions);
        var typeOfTarget = header.AsSpan().IndexOf("syncshard"u8) + "syncshard".Length;
        for (var length = 0; length < typeOfTarget; length++)
        {
            Assert.Equal("its message is malformed", Fault(header[..length]));
        }

        Assert.Null(Fault(header[..typeOfTarget]));
        byte[] huge = [.. header.AsSpan(0, 12), 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];
        Assert.Equal("its message is malformed", Fault(huge));
        byte[] endless = [.. header.AsSpan(0, 12), 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal("its message is malformed", Fault(endless));
    }

    [Theory]
    [InlineData(Client, true)]
    [InlineData("sys.client/hosted-127.0.0.1:1@1", false)]
    [InlineData("syncshard/1", false)]
    public void A_client_introduces_itself_as_one(string identity, bool isClient)
    {
        using var session = Sessions.GetSession();

        var fault = ClientMessages.FaultOfPreamble(new ReadOnlySequence<byte>(Preamble(GrainId.Parse(identity))), session);

        Assert.Equal(isClient ? null : "it poses as a silo: no client is called so", fault);
    }

    private static string? Fault(byte[] header)
    {
        var whole = ClientMessages.FaultOfHeader(new ReadOnlySequence<byte>(header));
        Assert.Equal(whole, ClientMessages.FaultOfHeader(Pieces.Of(header)));
        return whole;
    }

    // The type is internal to Orleans.
    private byte[] Preamble(GrainId identity)
    {
        var type = typeof(ClientConnectionOptions).Assembly.GetType("Orleans.Runtime.Messaging.ConnectionPreamble", throwOnError: true)!;
        var preamble = Activator.CreateInstance(type, nonPublic: true)!;
        type.GetProperty("NodeIdentity")!.SetValue(preamble, identity);
        type.GetProperty("SiloAddress")!.SetValue(preamble, SiloAddress.New(IPAddress.Loopback, 1, 1));
        type.GetProperty("ClusterId")!.SetValue(preamble, "hosted-here");
        return (byte[])typeof(ClientMessagesTests).GetMethod(nameof(Serialize), BindingFlags.NonPublic | BindingFlags.Instance)!
            .MakeGenericMethod(type).Invoke(this, [preamble])!;
    }

    private byte[] Serialize<T>(T value) => _services.GetRequiredService<Serializer<T>>().SerializeToArray(value);
}
