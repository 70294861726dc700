using DChat.Client;
using DChat.Client.Devices;

namespace DChat.Cli.Session;

/// <summary>A connected device.</summary>
internal sealed class CliSession(DChatHome home, IDChatClient client, IDChatDevices devices, IDChatOperator cluster, IAsyncDisposable connection) : IAsyncDisposable
{
    public IDChatClient Client { get; } = client;

    public IDChatDevices Devices { get; } = devices;

    public IDChatOperator Operator { get; } = cluster;

    /// <summary>The topic that goes by a name here; one that is not known is public, and so is said wherever it is shown.</summary>
    public async Task<NamedTopic> FindTopicAsync(string name, CancellationToken cancellationToken)
    {
        if (home.Topics.Find(name) is { } known)
        {
            return new NamedTopic(name, known);
        }

        var network = await Client.DescribeNetworkAsync(cancellationToken).ConfigureAwait(false);
        return new NamedTopic(name, TopicNames.Public(network.Network, name));
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync().ConfigureAwait(false);
        home.Dispose();
    }
}
