using DChat.Libp2p.Addresses;
using DChat.Libp2p.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DChat.Libp2p.Tests.Hosting;

/// <summary>An application with a libp2p host that listens on a loopback port, and what a test adds to it.</summary>
internal static class TestApplication
{
    public static IHost Create(Action<IServiceCollection> add)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLibp2p(o => o.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")));
        add(builder.Services);
        return builder.Build();
    }
}
