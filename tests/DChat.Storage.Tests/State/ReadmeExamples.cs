using DChat.Storage.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

public sealed class ReadmeExamples
{
    [Fact]
    public void The_example_registers_both_storages()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.AddSqliteGrainStorage("dchat", options => options.Path = "./data/state.db");
            silo.AddSqliteGrainStorage("PubSubStore", options => options.Path = "./data/state.db");
        });
        using var host = builder.Build();

        Assert.NotSame(
            host.Services.GetRequiredKeyedService<IGrainStorage>("dchat"),
            host.Services.GetRequiredKeyedService<IGrainStorage>("PubSubStore"));
    }
}
