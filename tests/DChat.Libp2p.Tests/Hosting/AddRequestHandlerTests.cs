using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Libp2p.Tests.Hosting;

public sealed class AddRequestHandlerTests
{
    private static readonly RequestProtocol<string, string> Count = new("/count/1.0.0", MessageCodecs.Text, MessageCodecs.Text);
    private static readonly RequestProtocol<string, string> Echo = new("/echo/1.0.0", MessageCodecs.Text, MessageCodecs.Text);

    [Fact]
    public async Task Handlers_of_requests_are_made_by_the_application_one_for_each_request()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Tally>();
        builder.Services.AddLibp2p(options => options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")));
        builder.Services.AddRequestHandler<CountHandler, string, string>(Count);
        builder.Services.AddRequestHandler(Echo, _ => (request, _, _) => ValueTask.FromResult(request));
        using var application = builder.Build();
        await application.StartAsync(TestContext.Current.CancellationToken);
        var host = application.Services.GetRequiredService<ILibp2pHost>();
        await using var client = new Libp2pHost(new Libp2pOptions());
        var connection = await client.ConnectAsync(host.Addresses.Listening[0].WithPeer(host.LocalPeer), TestContext.Current.CancellationToken);

        Assert.Equal("made 1", await client.RequestAsync(connection, Count, "made", TestContext.Current.CancellationToken));
        Assert.Equal("made 2", await client.RequestAsync(connection, Count, "made", TestContext.Current.CancellationToken));
        Assert.Equal("disposed 2", await client.RequestAsync(connection, Count, "disposed", TestContext.Current.CancellationToken));
        Assert.Equal("hi", await client.RequestAsync(connection, Echo, "hi", TestContext.Current.CancellationToken));
        await application.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_handler_that_was_added_as_a_singleton_stays_one()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Tally>().AddSingleton<CountHandler>();
        builder.Services.AddLibp2p(options => options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")));
        builder.Services.AddRequestHandler<CountHandler, string, string>(Count);
        using var application = builder.Build();
        await application.StartAsync(TestContext.Current.CancellationToken);
        var host = application.Services.GetRequiredService<Libp2pHost>();
        await using var client = new Libp2pHost(new Libp2pOptions());
        var connection = await client.ConnectAsync(host.ListenAddresses[0].WithPeer(host.LocalPeer), TestContext.Current.CancellationToken);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("made 1", await client.RequestAsync(connection, Count, "made", TestContext.Current.CancellationToken));
        }

        Assert.Same(host, application.Services.GetRequiredService<ILibp2pHost>());
        await application.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Tally
    {
        public int Made { get; set; }

        public int Disposed { get; set; }
    }

    private sealed class CountHandler : IRequestHandler<string, string>, IDisposable
    {
        private readonly Tally _tally;

        public CountHandler(Tally tally)
        {
            _tally = tally;
            tally.Made++;
        }

        public ValueTask<string> HandleAsync(string request, RequestContext context, CancellationToken cancellationToken) =>
            ValueTask.FromResult($"{request} {(request == "made" ? _tally.Made : _tally.Disposed)}");

        public void Dispose() => _tally.Disposed++;
    }
}
