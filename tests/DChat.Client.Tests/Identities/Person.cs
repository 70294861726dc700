using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Core.Identity;
using DChat.Core.Keys;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Identities;

/// <summary>Somebody with several devices on one cluster in memory; the first has begun an identity with a recovery key.</summary>
internal sealed class Person : IAsyncDisposable
{
    private readonly List<InMemoryDeviceStore> _stores = [];
    private readonly List<TestClient> _clients = [];

    public FakeCluster Cluster { get; } = new();

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public SigningKey Recovery { get; } = SigningKey.Generate();

    public TestClient this[int device] => _clients[device];

    public DeviceKey KeyOf(int device) => _clients[device].Api.Device;

    public DeviceSecret SecretOf(int device) => _stores[device].Device;

    public static async Task<Person> StartAsync(int devices, int added)
    {
        var person = new Person();
        for (var device = 0; device < devices; device++)
        {
            person._stores.Add(new InMemoryDeviceStore());
            person._clients.Add(new TestClient(
                person.Cluster, person._stores[device], person.Time, new DChatClientOptions { RetryTimeout = TimeSpan.Zero }));
        }

        await person[0].Devices.CreateAsync(person.Recovery.PublicKey);
        for (var device = 1; device < added; device++)
        {
            await person.AddAsync(device);
        }

        return person;
    }

    public async Task AddAsync(int device, int by = 0, string? name = null)
    {
        var request = await this[device].Devices.RequestAsync(this[0].Devices.Identity!.Value);
        await this[by].Devices.AddAsync(request, name);
        await this[device].Devices.SyncAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _stores.ForEach(store => store.Dispose());
        Recovery.Dispose();
    }
}
