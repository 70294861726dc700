using DChat.Storage.Hosting;
using DChat.Storage.State.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>A silo's services, built but not started: the storage opens its file at first use.</summary>
internal sealed class SqliteHost : IDisposable
{
    private readonly IHost _host;

    public SqliteHost(Action<SqliteGrainStorageOptions> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddSqliteGrainStorage("dchat", configure)
            .AddSqliteGrainStorage("PubSubStore", configure));
        _host = builder.Build();
    }

    public SqliteHost(string path)
        : this(options => options.Path = path)
    {
    }

    public IServiceProvider Services => _host.Services;

    public IGrainStorage Storage => Named("dchat");

    public IGrainStorage Named(string name) => Services.GetRequiredKeyedService<IGrainStorage>(name);

    public void Dispose() => _host.Dispose();
}
