using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.RequestResponse;

/// <summary>Tests in which one host asks another; both are on one clock, and the first knows where the second listens.</summary>
public abstract class RequestPair : IAsyncLifetime
{
    private protected const string Id = "/greet/1.0.0";

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected TestNetwork Network { get; } = new();

    private protected FakeTimeProvider Time { get; } = new();

    private protected Libp2pHost Alice { get; private set; } = null!;

    private protected Libp2pHost Bob { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Alice, Bob) = (await Network.StartAsync("alice", time: Time), await Network.StartAsync("bob", time: Time));
        Alice.Introduce(Bob);
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Task<Libp2pException> Fault(RequestProtocol<string, string> protocol, string request) =>
        Assert.ThrowsAsync<Libp2pException>(() => Alice.RequestAsync(Bob.LocalPeer, protocol, request, Cancel));
}
